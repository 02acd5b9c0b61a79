// Contacts and relations against an oracle: generated logs are recorded and applied as they would be live, and every answer of
// the API is what plain code makes of the same events.
import assert from 'node:assert/strict';
import t from 'tap';
import { actor, office } from './support/cast.ts';
import { type Demarche, startDemarche } from './support/demarche.ts';
import { ABOUT_ANYTHING, namesOf } from './support/generate-log.ts';
import {
  askAll,
  askOne,
  assertAtLeast,
  assertRebuilt,
  assertRounded,
  assertSame,
  eachHistory,
  type History,
  type Moment,
  sampleOf,
  shownGist,
} from './support/histories.ts';
import { gist, KnownFacts } from './support/oracle-facts.ts';
import { contactsBetween, dealingsOf, relationOf } from './support/oracle-dealings.ts';

const ENCOUNTERS = { CallHeld: 10, MeetingHeld: 8, EncounterAnnounced: 1, ...ABOUT_ANYTHING };

const DEALINGS = {
  ...ABOUT_ANYTHING,
  CallHeld: 2,
  EncounterAnnounced: 1,
  EncounterCancelled: 1,
  AttendanceDeclared: 1,
  PositionStated: 2,
  StatementMade: 2,
  DemandStated: 3,
  DemandAnswered: 1,
  DemandWithdrawn: 1,
  ReactionIssued: 2,
  ThreatIssued: 2,
  ConcessionMade: 1,
  CommitmentMade: 1,
  CommitmentUpdated: 1,
  AidChanged: 2,
  NegotiationProposed: 1,
  NegotiationSuspended: 1,
  LegalActTaken: 2,
  SanctionImposed: 2,
  RelationsChanged: 2,
  ContextRecorded: 2,
};

t.test('contacts and the silence between them are what the recorded events make of them', async (t) => {
  const demarche = await startDemarche(t);
  await eachHistory(demarche, ENCOUNTERS, 12, async ({ prefix, moments, choice }) => {
    for (const { at, knownAt, known, limit } of moments) {
      for (const [a, b] of pairsOf(prefix, choice)) {
        const found = await askAll(demarche, '/v1/contacts', { between: `${a},${b}`, at, knownAt, limit });
        const shown = found.map(({ possible, silence, ...fact }) => ({ ...shownGist(fact), possible, silence }));
        assertSame(shown, contactsBetween(known, a, b, at), `${a},${b}`);
      }
    }
  });
  await assertRebuilt(demarche, 'dealings');
});

t.test('relations are what the recorded events make of them, month by month', async (t) => {
  const demarche = await startDemarche(t);
  await eachHistory(demarche, DEALINGS, 12, async (history) => {
    for (const moment of history.moments) await checkRelations(demarche, history, moment);
  });
  await assertRebuilt(demarche, 'dealings');
});

t.test('the generated logs bring actors together in all ways', async () => {
  const pairs = everyPair('h');
  const contacts = sampleOf(ENCOUNTERS).flatMap((log) =>
    pairs.flatMap(([a, b]) =>
      contactsBetween(new KnownFacts(log, null), a, b, null).flatMap((contact) =>
        traitsOf(
          contact,
          [a, b].every((one) => contact.data['participants'].includes(one)),
        ),
      ),
    ),
  );
  assertAtLeast(contacts, {
    'through another': 30,
    corrected: 50,
    'a silence of some days': 50,
    'a silence of unknown length': 50,
  });
  const months = sampleOf(DEALINGS).flatMap((log) =>
    pairs.flatMap(([a, b]) => {
      const { items, imprecise } = relationOf(new KnownFacts(log, null), a, b, null);
      const coded = items.map(({ codings }) => (codings.length > 1 ? 'several codes' : 'one code'));
      return imprecise.count > 0 ? [...coded, 'imprecise'] : coded;
    }),
  );
  assertAtLeast(months, { 'one code': 50, 'several codes': 10, imprecise: 50 });

  function traitsOf({ corrections, silence }: ReturnType<typeof contactsBetween>[number], directly: boolean): string[] {
    const { minDays = 0, maxDays = 0 } = silence ?? {};
    const has = {
      'through another': !directly,
      corrected: corrections.length > 0,
      'a silence of some days': minDays !== null && minDays > 0,
      'a silence of unknown length': minDays === null || maxDays === null,
    };
    return Object.entries(has).flatMap(([trait, is]) => (is ? [trait] : []));
  }
});

async function checkRelations(
  demarche: Demarche,
  { prefix, choice }: History,
  { at, knownAt, known, limit }: Moment,
): Promise<void> {
  const months = [{}, { from: '2024-02', to: '2024-03' }, { from: '2024-03' }, { to: '2024-02' }][choice % 4]!;
  for (const [a, b] of pairsOf(prefix, choice)) {
    const path = `/v1/relations/${a}/${b}`;
    const events = await askAll(demarche, `${path}/events`, { at, knownAt, limit });
    assertSame(events.map(shownGist), dealingsOf(known, a, b, at).map(gist), `${path}/events`);
    const { items, imprecise } = await askOne(demarche, path, { ...months, at, knownAt });
    const expected = relationOf(known, a, b, at, months);
    const exact = [...expected.items, expected.imprecise];
    assertSame([...items, imprecise].map(withoutScore), exact.map(withoutScore), path);
    for (const { evidence, count } of items)
      assert.equal((await follow(demarche, evidence, limit)).length, count, evidence);
    for (const [n, score] of [...items, imprecise].entries()) {
      assertRounded(score.sum, exact[n]!.sum, 4);
      if (score.mean !== null && exact[n]!.mean !== null) assertRounded(score.mean, exact[n]!.mean, 4);
      else assert.equal(score.mean, exact[n]!.mean);
    }
  }
}

function follow(demarche: Demarche, evidence: string, limit: number): Promise<unknown[]> {
  const { pathname, searchParams } = new URL(evidence, 'http://localhost');
  return askAll(demarche, pathname, { ...Object.fromEntries(searchParams), limit });
}

/** Sums and means are compared by themselves, because they are rounded. */
function withoutScore(counted: object) {
  return { ...counted, sum: null, mean: null, evidence: null };
}

/** Two pairs: persons, and what they may count for. */
function pairsOf(prefix: string, choice: number): [string, string][] {
  const pairs = everyPair(prefix);
  return [pairs[0]!, pairs[choice % pairs.length]!];
}

function everyPair(prefix: string): [string, string][] {
  const { actors } = namesOf(prefix);
  return actors.flatMap((a) => actors.filter((b) => b !== a).map((b): [string, string] => [a, b]));
}

t.test('an office counts for everything that was done in it, all at once, and as it was known', async (t) => {
  const demarche = await startDemarche(t);
  const call = (occurred: string) => ({ type: 'CallHeld', occurred, data: { participants: ['ann', 'ben'] } });
  await demarche.record(actor('ann'), actor('ben'), actor('dorne', 'state'));
  const held = await demarche.record(call('2024-03-01'), call('2024-03-02'), call('2024-04-01'));
  const { body } = await demarche.post('/v1/events', office('OfficeAssumed', 'ann', 'Head', 'dorne', '2024-01-01'));
  const about = { event: body.id, reason: 'She never did' };
  const undone = await demarche.record({ type: 'EventRetracted', occurred: '2024-11-18', data: about });
  for (const [knownAt, counts] of [
    [held, []],
    [body.sequence, [2, 1]],
    [undone, []],
  ] as const) {
    const { items } = (await demarche.get(`/v1/relations/dorne/ben?knownAt=${knownAt}`)).body;
    t.same(
      items.map(({ count }: { count: number }) => count),
      counts,
    );
  }
});
