// What facts rest on, against an oracle: generated logs are recorded and applied as they would be live, and every answer of the
// API is what plain code makes of the same events.
import t from 'tap';
import { startDemarche } from './support/demarche.ts';
import { namesOf } from './support/generate-log.ts';
import {
  askAll,
  askOne,
  assertAtLeast,
  assertRebuilt,
  assertSame,
  eachHistory,
  sampleOf,
  shownGist,
} from './support/histories.ts';
import { KnownFacts } from './support/oracle-facts.ts';
import { evidenceOf, type EvidenceFilter } from './support/oracle-evidence.ts';

const REPORTS = {
  PositionStated: 3,
  CallHeld: 3,
  DemandStated: 2,
  OfficeAssumed: 1,
  EventCorroborated: 18,
  EventDisputed: 6,
  EventCorrected: 6,
  EventRetracted: 6,
};

t.test('what facts rest on is what the recorded events make of it', async (t) => {
  const demarche = await startDemarche(t);
  const all = await eachHistory(demarche, REPORTS, 15, async ({ prefix, moments, choice }) => {
    const { actors } = namesOf(prefix);
    for (const { knownAt, known, limit } of moments) {
      const [some, other] = [[actors[0]!], [actors[choice % actors.length]!]];
      const filters: EvidenceFilter[] = [
        { actors: some },
        { actors: other, anonymous: choice % 2 === 0 },
        { actors: other, disputed: choice % 3 === 0 },
        { actors: some, minSources: 1, maxSources: 1 + (choice % 3), types: ['PositionStated', 'CallHeld'] },
        { actors: [...new Set([...some, ...other])], maxSources: choice % 2 },
      ];
      for (const { types, actors: named, ...filter } of filters) {
        const query = { ...filter, actor: named?.join(), type: types?.join(), knownAt, limit };
        const found = await askAll(demarche, '/v1/evidence', query);
        const expected = evidenceOf(known, { types, actors: named, ...filter });
        assertSame(found.map(shown), expected, JSON.stringify(query));
      }
      const evidence = evidenceOf(known).at(choice % known.all.length);
      if (!evidence) continue;
      const { mentions, disputes } = await askOne(demarche, `/v1/events/${evidence.fact.id}`, { knownAt });
      const corroborations = known.of('EventCorroborated').filter(({ data }) => data['event'] === evidence.fact.id);
      assertSame(
        mentions.map(({ id }: any) => id),
        corroborations.map(({ id }) => id),
        '/mentions',
      );
      assertSame(
        disputes.map(({ event, id }: any) => event ?? id),
        evidence.disputes.map(({ event }) => event),
        '/disputes',
      );
    }
  });
  const found = await askAll(demarche, '/v1/evidence', { limit: 1000 });
  assertSame(found.map(shown), evidenceOf(new KnownFacts(all, null)));
  await assertRebuilt(demarche, 'sourcing');
});

t.test('the generated logs bear facts out in all ways', async () => {
  const traits = sampleOf(REPORTS).flatMap((log) =>
    evidenceOf(new KnownFacts(log, null)).flatMap(({ mentions, sources, anonymous, disputes, grade }) => {
      const has = {
        'several sources': sources > 1,
        'fewer sources than mentions': mentions > 1 && sources < mentions,
        'wholly anonymous': anonymous === 'whole',
        'partly anonymous': Array.isArray(anonymous),
        'partly anonymous in several reports': Array.isArray(anonymous) && mentions > 1,
        disputed: disputes.length > 0,
        graded: grade.reliability !== null && grade.credibility !== null,
      };
      return Object.entries(has).flatMap(([trait, is]) => (is ? [trait] : []));
    }),
  );
  assertAtLeast(traits, {
    'several sources': 10,
    'fewer sources than mentions': 20,
    'wholly anonymous': 3,
    'partly anonymous': 10,
    'partly anonymous in several reports': 3,
    disputed: 15,
    graded: 20,
  });
});

function shown({ fact, ...rest }: any) {
  return { fact: shownGist(fact), ...rest };
}
