// What may be promised, kept and given: each rule about commitments, aid and money, broken on purpose.
import t from 'tap';
import { CAST } from './support/cast.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, event, refuses } from './support/rules.ts';

const PROMISE = idOf(101);
const OTHER_PROMISE = idOf(102);
const UPDATE = idOf(103);
const AID = idOf(104);
const LOOSE_AID = idOf(105);
const UNKNOWN = idOf(999);

const ONLY_A_COMMITMENT = 'one of type CommitmentMade';

function promise(data: object = {}): Draft {
  return event('CommitmentMade', '2024-11-10', { speaker: 'germany', addressees: ['ukraine'], ...data });
}

function update(commitment = PROMISE): Draft {
  return event('CommitmentUpdated', '2024-11-15', { commitment, status: 'kept' });
}

function aid(data: object = {}): Draft {
  return event('AidChanged', '2024', { donor: 'germany', recipient: 'ukraine', direction: 'reduced', ...data });
}

/** Two promises, an update of one, aid that keeps it, and aid that keeps none. */
function world(): MemoryLog {
  return new MemoryLog().record(
    ...CAST,
    { ...promise(), id: PROMISE },
    { ...promise(), id: OTHER_PROMISE },
    { ...update(), id: UPDATE },
    { ...aid({ commitment: PROMISE }), id: AID },
    { ...aid(), id: LOOSE_AID },
  );
}

t.test('what is updated, or kept by aid, is a commitment', async (t) => {
  for (const pointing of [update, (commitment: string) => aid({ commitment })]) {
    refuses(t, world(), pointing(UPDATE), [
      '/data/commitment',
      'an event of type CommitmentUpdated',
      ONLY_A_COMMITMENT,
    ]);
    refuses(t, world(), pointing(LOOSE_AID), ['/data/commitment', 'an event of type AidChanged', ONLY_A_COMMITMENT]);
    refuses(t, world(), pointing(UNKNOWN), ['/data/commitment', `"${UNKNOWN}"`, 'the id of a recorded event']);
    accepts(t, world(), pointing(PROMISE));
    accepts(t, world(), pointing(OTHER_PROMISE));
  }
  accepts(t, world(), aid());
});

t.test('a correction does not move an update or aid to another commitment', async (t) => {
  const log = world();
  const expected = `data of commitment-${PROMISE}; to move the event, retract it and record another`;
  const other = `data of commitment-${OTHER_PROMISE}`;
  const pointer = '/data/replacement/data';
  refuses(t, log, correction(UPDATE, { data: update(OTHER_PROMISE).data }), [pointer, other, expected]);
  refuses(t, log, correction(AID, { data: aid({ commitment: OTHER_PROMISE }).data }), [pointer, other, expected]);
  refuses(t, log, correction(AID, { data: aid().data }), [pointer, `data of aid-${AID}`, expected]);
  refuses(t, log, correction(LOOSE_AID, { data: aid({ commitment: PROMISE }).data }), [
    pointer,
    /commitment-/,
    /^data of aid-/,
  ]);
  for (const [id, data] of [
    [UPDATE, update(UNKNOWN).data],
    [AID, aid({ commitment: UNKNOWN }).data],
    [LOOSE_AID, aid({ commitment: UNKNOWN }).data],
  ] as const)
    refuses(t, log, correction(id, { data }), [`${pointer}/commitment`, `"${UNKNOWN}"`, 'the id of a recorded event']);
  accepts(t, log, correction(UPDATE, { data: { ...update().data, status: 'broken' } }));
  accepts(t, log, correction(AID, { data: aid({ commitment: PROMISE, direction: 'stopped' }).data }));
});

t.test('nobody aids oneself', async (t) => {
  const expected = 'somebody other than the donor';
  refuses(t, world(), aid({ recipient: 'germany' }), ['/data/recipient', '', expected]);
  refuses(t, world(), correction(AID, { data: aid({ commitment: PROMISE, recipient: 'germany' }).data }), [
    '/data/replacement/data/recipient',
    'a replacement that makes no valid AidChanged',
    expected,
  ]);
});

t.test('a sum of money has an amount and a currency', async (t) => {
  for (const promised of [promise, aid]) {
    const both = 'an amount and its currency, or neither';
    refuses(t, world(), promised({ amount: 1_000 }), ['/data/currency', '', both]);
    refuses(t, world(), promised({ currency: 'EUR' }), ['/data/currency', '', both]);
    accepts(t, world(), promised({ amount: 0, currency: 'EUR' }), 'nothing is an amount, too');
    accepts(t, world(), promised({ amount: 0.5, currency: 'USD' }));
    for (const currency of ['€', 'eur', 'EURO', 'EU', ' EUR'])
      refuses(t, world(), promised({ amount: 1, currency }), ['/data/currency', '', 'an ISO 4217 code such as EUR']);
    for (const amount of [-1, 1e15 + 1, Number.NaN, Number.POSITIVE_INFINITY, '1'])
      refuses(t, world(), promised({ amount, currency: 'EUR' }), ['/data/amount', '', /./]);
  }
});

t.test('aid that is wrong twice is told so twice', async (t) => {
  refuses(
    t,
    world(),
    aid({ recipient: 'germany', amount: 1 }),
    ['/data/recipient', '', /donor/],
    ['/data/currency', '', /currency/],
  );
});
