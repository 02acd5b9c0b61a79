// Positions over time: whom an utterance counts for, and what each assertion changed against the one before it.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import t from 'tap';
import { parseOccurred } from '../src/domain/occurred.ts';
import { isHeldAt, type OfficeRecord, principalOf, tenuresOf } from '../src/domain/principal.ts';
import { type Assertion, classifySeries, conditionsInForce } from '../src/domain/series.ts';
import { FIRMNESSES, type Firmness } from '../src/domain/stance.ts';

interface Said {
  position?: Assertion['position'];
  firmness?: Firmness | null;
  added?: readonly string[];
  dropped?: readonly string[];
  counted?: boolean;
  claimedReiteration?: boolean;
}

/** Assertions a month apart, in the order given: e1, e2, … */
function series(...said: Said[]): Assertion[] {
  return said.map((one, index) => assertion(`2024-${String(index + 1).padStart(2, '0')}`, index + 1, one));
}

function assertion(occurred: string, sequence: number, said: Said): Assertion {
  const { earliest, latest } = parseOccurred(occurred);
  const { position = 1, firmness = null, added = [], dropped = [], counted = true, ...claim } = said;
  return {
    event: `e${sequence}`,
    sequence,
    earliest,
    latest,
    position,
    firmness,
    conditionsAdded: [...added],
    conditionsDropped: [...dropped],
    counted,
    ...claim,
  };
}

const changes = (assertions: Assertion[]) => classifySeries(assertions).map(({ change }) => change);

/** What was held, what is said next, and what that changes: the class, the direction and the steps. */
const RULES: [before: Said, next: Said, change: string, direction: string | null, delta: number | null][] = [
  // The sign turns round.
  [{ position: 1 }, { position: -1 }, 'reversed', 'oppose', -2],
  [{ position: -2 }, { position: 2 }, 'reversed', 'support', 4],
  [{ position: -1 }, { position: 2 }, 'reversed', 'support', 3],
  // Somebody neutral takes sides.
  [{ position: 0 }, { position: 1 }, 'shifted', 'support', 1],
  [{ position: 0 }, { position: -2 }, 'shifted', 'oppose', -2],
  // The position itself gets stronger or weaker.
  [{ position: 1 }, { position: 2 }, 'hardened', 'support', 1],
  [{ position: -1 }, { position: -2 }, 'hardened', 'oppose', -1],
  [{ position: 2 }, { position: 1 }, 'softened', 'oppose', -1],
  [{ position: -2 }, { position: -1 }, 'softened', 'support', 1],
  [{ position: -2 }, { position: 0 }, 'softened', 'support', 2],
  // The position outweighs firmness and conditions.
  [{ position: 1, firmness: 'red_line' }, { position: 2, firmness: 'flexible' }, 'hardened', 'support', 1],
  [
    { position: 2, firmness: 'flexible' },
    { position: 1, firmness: 'red_line', added: ['x'] },
    'softened',
    'oppose',
    -1,
  ],
  // The same position, held more or less firmly.
  [{ firmness: 'flexible' }, { firmness: 'firm' }, 'hardened', null, 0],
  [{ firmness: 'firm' }, { firmness: 'red_line' }, 'hardened', null, 0],
  [{ firmness: 'red_line' }, { firmness: 'flexible' }, 'softened', null, 0],
  [{ firmness: 'firm' }, { firmness: 'firm' }, 'reiterated', null, 0],
  [{}, { firmness: 'red_line' }, 'reiterated', null, 0],
  [{ firmness: 'red_line' }, {}, 'reiterated', null, 0],
  // The same position, tied to something or no longer.
  [{}, { added: ['a ceasefire first'] }, 'hardened', null, 0],
  [{}, { dropped: ['a ceasefire first'] }, 'softened', null, 0],
  [{}, { added: ['this'], dropped: ['that'] }, 'hardened', null, 0],
  [{ firmness: 'red_line' }, { firmness: 'firm', added: ['this'] }, 'hardened', null, 0],
  [{ firmness: 'firm' }, { firmness: 'red_line', dropped: ['that'] }, 'hardened', null, 0],
  [{ added: ['this'] }, {}, 'reiterated', null, 0],
  // Nothing.
  [{ position: 0 }, { position: 0 }, 'reiterated', null, 0],
  [{ position: -2 }, { position: -2 }, 'reiterated', null, 0],
  // Taken back.
  [{ position: 2 }, { position: null }, 'withdrawn', null, null],
];

t.test('an assertion is classed by the first rule that matches', async (t) => {
  for (const [before, next, change, direction, delta] of RULES) {
    const [first, second] = classifySeries(series(before, next));
    const classing = { change, direction, delta, previous: 'e1', renewed: false };
    t.match(second, classing, `${JSON.stringify(before)} then ${JSON.stringify(next)}`);
    t.match(first, { change: 'new', direction: null, delta: null, previous: null, renewed: false });
  }
});

t.test('a position taken up again after a withdrawal is new and renewed', async (t) => {
  const classed = classifySeries(series({ position: 2 }, { position: null }, { position: 2 }, { position: 2 }));
  t.match(classed.slice(1), [
    { change: 'withdrawn', previous: 'e1', renewed: false },
    { change: 'new', direction: null, delta: null, previous: 'e2', renewed: true },
    { change: 'reiterated', previous: 'e3', renewed: false },
  ]);
});

t.test('a series may begin with a withdrawal', async (t) => {
  t.match(classifySeries(series({ position: null }, { position: null }, { position: -1 })), [
    { change: 'withdrawn', previous: null, renewed: false },
    { change: 'withdrawn', previous: 'e1', renewed: false },
    { change: 'new', previous: 'e2', renewed: true },
  ]);
});

t.test('what does not count is listed, and neither classed nor compared with', async (t) => {
  t.match(classifySeries(series({ position: 1 }, { position: -2, counted: false }, { position: 2 })), [
    { change: 'new' },
    { event: 'e2', change: null, direction: null, delta: null, previous: null, renewed: false },
    { change: 'hardened', delta: 1, previous: 'e1' },
  ]);
  t.same(changes(series({ position: null, counted: false }, { position: 1 })), [null, 'new']);
});

t.test('a claim that something was said before changes no class', async (t) => {
  const claims = [
    [{ position: 2 }],
    [{ position: 2 }, { position: 2 }],
    [{ position: 2 }, { position: -1, firmness: 'red_line' }],
  ] as Said[][];
  for (const said of claims) {
    const claimed = said.map((one) => ({ ...one, claimedReiteration: true }));
    t.same(changes(series(...claimed)), changes(series(...said)));
  }
  t.same(changes(series({ position: 2, claimedReiteration: true })), ['new'], 'the claim shows the gap');
});

t.test('assertions stand in the order of their dates; what is equal, in the order of recording', async (t) => {
  const said = ['2024-03-01', '2024', '../2024', '2024-03', '2024-03-01', '2024-02-29', '2024-03-01/..'];
  const ordered = classifySeries(said.map((occurred, index) => assertion(occurred, index + 1, {})));
  t.same(
    ordered.map(({ event }) => event),
    ['e3', 'e2', 'e6', 'e1', 'e5', 'e4', 'e7'],
  );
  t.same(
    ordered.map(({ previous }) => previous),
    [null, 'e3', 'e2', 'e6', 'e1', 'e5', 'e4'],
  );
});

const DATES = ['2024', '2024-03', '2024-03-01', '2024-03-02', '../2024-03', '2024-03/..', '2023-12~', '202X'];
const datedAssertion = fc.record({
  occurred: fc.constantFrom(...DATES),
  said: fc.record({
    position: fc.constantFrom(-2, -1, 0, 1, 2, null),
    firmness: fc.constantFrom(null, ...FIRMNESSES),
    added: fc.constantFrom([], ['this']),
    dropped: fc.constantFrom([], ['that']),
    counted: fc.boolean(),
  }),
});
type Dated = { occurred: string; said: Said };

const recorded = (dated: Dated[]) => dated.map(({ occurred, said }, index) => assertion(occurred, index + 1, said));

t.test('the order in which assertions arrive decides nothing but exact ties', async () => {
  const oncePerDate = fc.uniqueArray(datedAssertion, { selector: ({ occurred }) => occurred });
  const twoOrders = oncePerDate.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  // Other sequences, and with them other event ids; the classes and the dates they are for stay.
  const classes = (dated: Dated[]) =>
    classifySeries(recorded(dated)).map((one) => ({ ...one, event: null, sequence: null, previous: null }));
  fc.assert(fc.property(twoOrders, ([one, other]) => assert.deepEqual(classes(one), classes(other))));

  const withTies = fc.array(datedAssertion).map(recorded);
  fc.assert(fc.property(withTies, (all) => assert.deepEqual(classifySeries(all.toReversed()), classifySeries(all))));
});

t.test('taking an assertion away is as if it had never been said', async () => {
  const withOneToTake = fc
    .array(datedAssertion, { minLength: 1 })
    .chain((dated) => fc.tuple(fc.constant(recorded(dated)), fc.nat(dated.length - 1)));
  fc.assert(
    fc.property(withOneToTake, ([all, index]) => {
      const taken = classifySeries(all).find(({ event }) => event === all[index]!.event)!;
      const expected = classifySeries(all).filter(({ event }) => event !== taken.event);
      const found = classifySeries(all.toSpliced(index, 1));
      for (const [place, one] of expected.entries()) {
        // Only what was compared with it is compared anew, with what it was compared with itself.
        if (one.previous !== taken.event) assert.deepEqual(found[place], one);
        else assert.deepEqual([found[place]!.event, found[place]!.previous], [one.event, taken.previous]);
      }
      assert.equal(found.length, expected.length);
    }),
  );
});

type Change = [occurred: string, change: 'assumed' | 'vacated', of: string, office?: string];

/** Office records in the order given. */
function offices(...changes: Change[]): OfficeRecord[] {
  return changes.map(([occurred, change, of, office = 'Head'], index) => {
    const { earliest, latest } = parseOccurred(occurred);
    return { change, office, of, occurred, earliest, latest, event: `o${index + 1}`, sequence: index + 1 };
  });
}

/** Whom an utterance of `speaker` counts for; `represents` says which institution speaks for whom. */
function principal(
  said: { speaker: string; occurred: string; onBehalfOf?: string },
  records: OfficeRecord[] = [],
  represents: Record<string, string> = {},
): string {
  const { earliest, latest } = parseOccurred(said.occurred);
  return principalOf(
    { ...said, earliest, latest },
    { officeRecords: (actor) => (actor === 'ann' ? records : []), represents: (actor) => represents[actor] },
  );
}

const annOn = (occurred: string, ...changes: Change[]) => principal({ speaker: 'ann', occurred }, offices(...changes));

t.test(
  'an utterance counts for whom it is made, else for the office, else for whom the speaker represents',
  async (t) => {
    const records = offices(['2020', 'assumed', 'ministry']);
    const represents = { ministry: 'state', ann: 'union', kremlin: 'russia' };
    const occurred = '2024-11-15';
    t.equal(principal({ speaker: 'ann', occurred, onBehalfOf: 'kremlin' }, records, represents), 'russia');
    t.equal(principal({ speaker: 'bob', occurred, onBehalfOf: 'ann' }, records, represents), 'state');
    t.equal(principal({ speaker: 'ann', occurred, onBehalfOf: 'bob' }, records, represents), 'bob');
    t.equal(principal({ speaker: 'ann', occurred }, records, represents), 'state', 'through the office’s institution');
    t.equal(principal({ speaker: 'ann', occurred }, [], represents), 'union');
    t.equal(principal({ speaker: 'kremlin', occurred }, [], represents), 'russia');
    t.equal(principal({ speaker: 'ann', occurred }, records), 'ministry');
    t.equal(principal({ speaker: 'ann', occurred }), 'ann');
  },
);

t.test('a former office holder speaks for nobody else from the day the office was left', async (t) => {
  // Jens Stoltenberg, Secretary General of NATO.
  const stoltenberg: Change[] = [
    ['2014-10-01', 'assumed', 'nato'],
    ['2024-10-01', 'vacated', 'nato'],
  ];
  const days = [
    '2014-09-30',
    '2014-10-01',
    '2024-06',
    '2024',
    '2024-09-30',
    '2024-10',
    '2024-10-01',
    '2024-11',
    '2025',
  ];
  t.same(
    days.filter((day) => annOn(day, ...stoltenberg) === 'nato'),
    ['2014-10-01', '2024-06', '2024', '2024-09-30'],
  );
  t.equal(annOn('../2024-06', ...stoltenberg), 'nato', 'an open start is judged by its last day');
  t.equal(annOn('../2024-11', ...stoltenberg), 'ann');
  t.equal(annOn('2024-06/..', ...stoltenberg), 'nato');
});

t.test('where the dates of an office are vague, it is held from the first day they can mean to the last', async (t) => {
  t.equal(annOn('2024-01-01', ['2024', 'assumed', 'state']), 'state');
  t.equal(annOn('2024-12-30', ['2020', 'assumed', 'state'], ['2024', 'vacated', 'state']), 'state');
  t.equal(annOn('2024-12-31', ['2020', 'assumed', 'state'], ['2024', 'vacated', 'state']), 'ann');
  t.equal(annOn('2019-01-01', ['../2020', 'assumed', 'state']), 'state');
  t.equal(annOn('2030', ['2020', 'assumed', 'state'], ['2024/..', 'vacated', 'state']), 'state');
});

t.test('an office taken up and left within one vague date is not held for ever', async (t) => {
  const within: [string, string][] = [
    ['2023', '2023'],
    ['2023-03', '2023'],
    ['2023-03-01', '2023-03'],
    ['2023-03/..', '../2023-12'],
  ];
  for (const [from, until] of within) {
    t.equal(annOn('2024-06', [from, 'assumed', 'state'], [until, 'vacated', 'state']), 'ann', `${from}, ${until}`);
  }
});

t.test('a leaving ends one tenure only', async (t) => {
  const again: Change[] = [
    ['2023-03', 'assumed', 'state'],
    ['2023', 'vacated', 'state'],
    ['2023-06', 'assumed', 'state'],
  ];
  t.equal(annOn('2024-06', ...again), 'state');
});

t.test('of two offices at once, the one taken up last speaks', async (t) => {
  const both: Change[] = [
    ['2021', 'assumed', 'party', 'Chair'],
    ['2019', 'assumed', 'state', 'Minister'],
  ];
  t.equal(annOn('2020', ...both), 'state');
  t.equal(annOn('2022', ...both), 'party');
  t.equal(annOn('2023', ...both, ['2022-06', 'vacated', 'party', 'Chair']), 'state', 'the other goes on');
  t.equal(annOn('2023', ...both, ['2022-06', 'vacated', 'party', 'Minister']), 'party', 'an office never held');
});

t.test('who is elected again holds two tenures without a gap', async (t) => {
  const again: Change[] = [
    ['2012-05-07', 'assumed', 'state'],
    ['2018-05-07', 'assumed', 'state'],
    ['2018-05-07', 'vacated', 'state'],
    ['2024-05-07', 'assumed', 'state'],
    ['2030-05-07', 'vacated', 'state'],
  ];
  const days = ['2012-05-06', '2018-05-06', '2018-05-07', '2024-05-06', '2024-05-07', '2030-05-06', '2030-05-07'];
  t.same(
    days.map((day) => annOn(day, ...again)),
    ['ann', 'state', 'state', 'state', 'state', 'state', 'ann'],
  );
  t.same(
    tenuresOf(offices(...again)).map(({ from, until }) => [from.occurred, until?.occurred]),
    [
      ['2012-05-07', '2018-05-07'],
      ['2018-05-07', '2024-05-07'],
      ['2024-05-07', '2030-05-07'],
    ],
  );
});

t.test('a leaving on the day an office is taken up ended the tenure before, recorded or not', async (t) => {
  t.equal(annOn('2020', ['2018-05-07', 'assumed', 'state'], ['2018-05-07', 'vacated', 'state']), 'state');
});

t.test('representation is followed to its end, also where it runs in a circle', async (t) => {
  const occurred = '2024-11-15';
  const chain = { spokesman: 'office', office: 'ministry', ministry: 'state' };
  t.equal(principal({ speaker: 'spokesman', occurred }, [], chain), 'state');
  t.equal(principal({ speaker: 'ann', occurred }, offices(['2020', 'assumed', 'office']), chain), 'state');
  t.equal(principal({ speaker: 'a', occurred }, [], { a: 'b', b: 'c', c: 'b' }), 'c');
  t.equal(principal({ speaker: 'b', occurred }, [], { a: 'b', b: 'c', c: 'b' }), 'c');
});

t.test('the order in which office records arrive decides nothing', async () => {
  const change = fc.tuple(
    fc.constantFrom(...DATES),
    fc.constantFrom('assumed' as const, 'vacated' as const),
    fc.constantFrom('state', 'party'),
    fc.constantFrom('Head', 'Chair'),
  );
  const shuffled = fc
    .array(change, { maxLength: 8 })
    .map((changes) => offices(...changes))
    .chain((records) => fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })));
  fc.assert(fc.property(shuffled, ([records, arriving]) => assert.deepEqual(tenuresOf(arriving), tenuresOf(records))));
});

t.test('a tenure is told once, and ends when the office is left', async () => {
  const month = fc.integer({ min: 1, max: 12 }).map((n) => `2024-${String(n).padStart(2, '0')}-01`);
  fc.assert(
    fc.property(fc.uniqueArray(month, { minLength: 1, maxLength: 6 }), month, (days, asked) => {
      // Taken up, left, taken up …, on days in order.
      const changes = days.toSorted().map((day, n): Change => [day, n % 2 === 0 ? 'assumed' : 'vacated', 'state']);
      const last = changes.findLast(([day]) => day <= asked);
      const held = tenuresOf(offices(...changes)).filter((tenure) => isHeldAt(tenure, asked));
      assert.equal(held.length, last?.[1] === 'assumed' ? 1 : 0);
    }),
  );
});

t.test('a position stays tied to what was added since it was new, until that is dropped', async (t) => {
  const tied = (...said: Said[]) =>
    conditionsInForce(
      classifySeries(series(...said)).map(
        ({ counted, change, conditionsAdded: added, conditionsDropped: dropped }) => ({
          counted,
          change,
          conditions: { added, dropped },
        }),
      ),
    );
  t.same(tied({ added: ['a'] }, {}, { added: ['b'] }), ['a', 'b']);
  t.same(tied({ added: ['a', 'b'] }, { dropped: ['a'] }), ['b']);
  t.same(tied({ added: ['a'] }, { position: null }, { added: ['b'] }), ['b'], 'a withdrawal ends them');
  t.same(tied({ added: ['a'] }, { position: -1, added: ['b'] }, { position: -1 }), ['b'], 'so does a reversal');
  t.same(tied({ added: ['a'] }, { added: ['b'], counted: false }), ['a'], 'what does not count ties nothing');
});
