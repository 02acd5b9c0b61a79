// What moved, and who stands close to whom, against an oracle: generated logs are recorded and applied as they would be live, and
// every answer of the API is what plain code makes of the same events.
import t from 'tap';
import { type Demarche, startDemarche } from './support/demarche.ts';
import { DAYS, namesOf } from './support/generate-log.ts';
import {
  askAll,
  askOne,
  assertAtLeast,
  assertRounded,
  assertSame,
  eachHistory,
  type History,
  type Moment,
  sampleOf,
} from './support/histories.ts';
import { Oracle } from './support/oracle.ts';
import { alignmentsOf } from './support/oracle-alignments.ts';

const SAYINGS = {
  PositionStated: 20,
  DemandStated: 3,
  PositionWithdrawn: 2,
  OfficeAssumed: 2,
  OfficeVacated: 1,
  represent: 1,
  EventCorrected: 5,
  EventRetracted: 3,
};

t.test('changes are what the recorded events make of them', async (t) => {
  const demarche = await startDemarche(t);
  await eachHistory(demarche, SAYINGS, 12, async ({ prefix, recorded, moments, choice }) => {
    const { actors, issues } = namesOf(prefix);
    for (const { knownAt, limit } of moments) {
      const [from, to] = [DAYS[choice % 3]!, DAYS[3 + (choice % 4)]!];
      const sought = [
        { actor: actors },
        { issue: [issues[0]!] },
        { actor: actors.slice(0, 2), issue: issues.slice(1) },
      ];
      for (const { actor, issue } of sought) {
        const query = { actor: actor?.join(), issue: issue?.join(), from, to, knownAt, limit };
        const expected = new Oracle(recorded, knownAt)
          .changes(from, to)
          .filter((one) => (actor?.includes(one.principal) ?? true) && (issue?.includes(one.issue) ?? true));
        assertSame(await askAll(demarche, '/v1/changes', query), expected, JSON.stringify(query));
      }
    }
  });
});

t.test('alignments are what the recorded events make of them', async (t) => {
  const demarche = await startDemarche(t);
  await eachHistory(demarche, SAYINGS, 12, async (history) => {
    for (const moment of history.moments) await checkAlignments(demarche, history, moment);
  });
});

t.test('the generated logs move positions in all ways, and bring pairs to stand on the same issues', async () => {
  const { actors, issues } = namesOf('h');
  const oracles = sampleOf(SAYINGS).map((log) => new Oracle(log, null));
  const changes = oracles.flatMap((oracle) => oracle.changes('0001-01-01', '9999-12-31'));
  assertAtLeast(
    changes.map(({ change }) => change!),
    { new: 30, withdrawn: 10, reversed: 10, shifted: 5, hardened: 8, softened: 8 },
  );
  const question = { actors, issues, at: null, minOverlap: 1, weights: 'salience' } as const;
  const pairs = oracles.flatMap((oracle) => alignmentsOf(oracle, question));
  assertAtLeast(
    pairs.map(({ n }) => `over ${n}`),
    { 'over 0': 50, 'over 1': 20, 'over 2': 6, 'over 3': 1 },
  );
});

async function checkAlignments(
  demarche: Demarche,
  { prefix, recorded, choice }: History,
  { at, knownAt }: Moment,
): Promise<void> {
  const { actors, issues } = namesOf(prefix);
  const minOverlap = 1 + (choice % 3);
  const asked = choice % 2 === 0 ? actors.toReversed() : actors.slice(choice % 4);
  for (const weights of ['none', 'salience'] as const) {
    const query = { actors: asked.join(), minOverlap, weights, at, knownAt };
    const { items } = await askOne(demarche, '/v1/alignments', query);
    const question = { actors: asked, issues, at, minOverlap, weights };
    const expected = alignmentsOf(new Oracle(recorded, knownAt), question);
    assertSame(items.map(withoutRounded), expected.map(withoutRounded), JSON.stringify(query));
    for (const [n, { alignment, issues: shared }] of items.entries()) {
      if (alignment !== null) assertRounded(alignment, expected[n]!.alignment!, 2);
      for (const [m, { weight }] of shared.entries()) assertRounded(weight, expected[n]!.issues[m]!.weight);
    }
  }
}

function withoutRounded({ alignment, issues, ...pair }: ReturnType<typeof alignmentsOf>[number]) {
  const unweighted = issues.map((issue) => ({ ...issue, weight: null }));
  return { ...pair, isTold: alignment !== null, issues: unweighted };
}
