// What may be said about recorded events, and by which parts of them: each rule broken on purpose.
import t from 'tap';
import { eventTypes } from '../src/domain/vocabulary.ts';
import { CAST } from './support/cast.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, event, refuses, retraction } from './support/rules.ts';
import { emptyLog, registered, stories } from './support/stories.ts';

const CALL = idOf(101);
const CORROBORATION = idOf(102);
const DISPUTE = idOf(103);
const CORRECTION = idOf(104);
const RETRACTION = idOf(105);
const RETRACTED = idOf(106);
const AID = idOf(107);
const UNKNOWN = idOf(999);

const call = event('CallHeld', '2024-11-15', { participants: ['olaf-scholz', 'vladimir-putin'] });
const aid = event('AidChanged', '2024', { donor: 'germany', recipient: 'ukraine', direction: 'reduced' });

function corroboration(of: string, more: object = {}): Draft {
  return event('EventCorroborated', '2024-11-18', { event: of }, more);
}

function dispute(of: string, data: object = {}): Draft {
  return event('EventDisputed', '2024-11-18', { event: of, ...data });
}

/** A call with something of each kind said about it, a call that was taken back, and aid. */
function world(): MemoryLog {
  return new MemoryLog().record(
    ...CAST,
    { ...call, id: CALL },
    { ...call, id: RETRACTED },
    { ...aid, id: AID },
    { ...corroboration(CALL), id: CORROBORATION },
    { ...dispute(CALL), id: DISPUTE },
    { ...correction(CALL, { occurred: '2024-11-14' }), id: CORRECTION },
    { ...retraction(RETRACTED), id: RETRACTION },
  );
}

const SAID = { CORROBORATION, DISPUTE, CORRECTION, RETRACTION };
const aboutTheWorld = (id: string) =>
  [corroboration(id), dispute(id), correction(id, { occurred: '2024-11-13' })] as const;

t.test('only what is about the world is corroborated, disputed or corrected', async (t) => {
  for (const [what, id] of Object.entries(SAID))
    for (const draft of aboutTheWorld(id))
      refuses(t, world(), draft, [
        '/data/event',
        new RegExp(`^an event of type Event${what.slice(0, 5)}`, 'i'),
        'an event about the world; to put right what was said about one, retract it and record it anew',
      ]);
  for (const draft of aboutTheWorld(CALL)) accepts(t, world(), draft);
});

t.test('what was taken back or never recorded is not spoken about', async (t) => {
  for (const draft of [...aboutTheWorld(RETRACTED), retraction(RETRACTED)])
    refuses(t, world(), draft, ['/data/event', `"${RETRACTED}", retracted by event 17`, 'an event that still stands']);
  for (const draft of [...aboutTheWorld(UNKNOWN), retraction(UNKNOWN)])
    refuses(t, world(), draft, ['/data/event', `"${UNKNOWN}"`, 'the id of a recorded event']);
});

t.test('a corroboration, a dispute and a correction are taken back once; a retraction never', async (t) => {
  for (const id of [CORROBORATION, DISPUTE, CORRECTION]) {
    const log = world();
    accepts(t, log, retraction(id));
    log.record(retraction(id));
    t.equal(log.known.fact(CALL)!.retracted, null, 'the fact itself stands');
    refuses(t, log, retraction(id), ['/data/event', `"${id}", retracted by event 18`, 'an event that still stands']);
    for (const draft of aboutTheWorld(CALL)) accepts(t, log, draft, 'it may be said again');
  }
  refuses(t, world(), retraction(RETRACTION), [
    '/data/event',
    'an event of type EventRetracted',
    'an event that can be taken back; to restore a fact, record it anew',
  ]);
});

t.test('every event about the world can be corroborated, disputed, corrected and taken back', async (t) => {
  for (const [{ type, family }, story] of stories) {
    if (family === 'about' || family === 'registry') continue;
    const log = emptyLog().record(...registered, ...story.slice(0, -1), { ...story.at(-1)!, id: UNKNOWN });
    const replacement = { source: { publisher: 'A paper' } };
    for (const draft of [
      corroboration(UNKNOWN),
      dispute(UNKNOWN),
      correction(UNKNOWN, replacement),
      retraction(UNKNOWN),
    ])
      accepts(t, log, draft, `${draft.type} about ${type}`);
  }
});

t.test('an attribution covers fields that the event has', async (t) => {
  const fields =
    'participants, initiator, channel, durationMinutes, durationApproximate, topics, announced, issues, summary';
  const attribution = [
    { label: 'A paper' },
    { label: 'A diplomat', parts: ['initiator', 'amount'] },
    { label: 'Another', parts: ['summary', 'Topics', '__proto__'] },
  ];
  const expected = `a field of the data of CallHeld: ${fields}`;
  refuses(
    t,
    world(),
    { ...call, attribution },
    ['/attribution/1/parts/1', '"amount"', expected],
    ['/attribution/2/parts/1', '"Topics"', expected],
    ['/attribution/2/parts/2', '"__proto__"', expected],
  );
  refuses(
    t,
    world(),
    correction(CALL, { attribution }),
    ['/data/replacement/attribution/1/parts/1', '"amount"', expected],
    ['/data/replacement/attribution/2/parts/1', '"Topics"', expected],
    ['/data/replacement/attribution/2/parts/2', '"__proto__"', expected],
  );
  accepts(t, world(), { ...call, attribution: [{ label: 'A diplomat', parts: fields.split(', ') }] });
});

t.test('what covers a report of an event covers fields of that event', async (t) => {
  const attribution = (...parts: string[]) => ({ attribution: [{ label: 'A diplomat', parts }] });
  const log = world();
  for (const about of [corroboration, dispute, (id: string) => correction(id, { occurred: '2024' }), retraction]) {
    accepts(t, log, { ...about(CALL), ...attribution('initiator') });
    accepts(t, log, { ...about(AID), ...attribution('amount', 'donor') });
    refuses(t, log, { ...about(AID), ...attribution('amount', 'initiator') }, [
      '/attribution/0/parts/1',
      '"initiator"',
      /^a field of the data of AidChanged: donor, recipient, /,
    ]);
    refuses(t, log, { ...about(CALL), ...attribution('event') }, ['/attribution/0/parts/0', '"event"', /of CallHeld:/]);
  }
});

t.test('every field of every type may rest on a source of its own', async (t) => {
  for (const [type, story] of stories) {
    const log = emptyLog().record(...registered, ...story.slice(0, -1));
    const about = type.family === 'about' ? eventTypes.find((one) => one.type === story[0]!.type)! : type;
    const attribution = [{ label: 'A diplomat', parts: Object.keys(about.data.shape) }];
    const resting = log.violations({ ...story.at(-1)!, attribution });
    t.same(
      resting.filter(({ pointer }) => pointer.startsWith('/attribution')),
      [],
      type.type,
    );
    const wrong = [{ label: 'A diplomat', parts: ['nothing'] }];
    t.match(
      log.violations({ ...story.at(-1)!, attribution: wrong }),
      [{ pointer: '/attribution/0/parts/0' }],
      type.type,
    );
  }
});

t.test('a rival account gives fields that the event has', async (t) => {
  const account = (data: object, occurred?: string) => dispute(CALL, { account: { data, occurred } });
  refuses(
    t,
    world(),
    account({ participants: ['germany'], duration: 1, 'a/b~c': 2 }),
    ['/data/account/data/duration', '"duration"', /^a field of the data of CallHeld: participants, initiator, /],
    ['/data/account/data/a~1b~0c', '"a/b~c"', /^a field of the data of CallHeld: /],
  );
  accepts(t, world(), account({ participants: ['germany'], durationMinutes: 'two hours' }, '2024-11-16'));
  accepts(t, world(), account({}));
  accepts(t, world(), dispute(CALL, { account: { occurred: '2024-11-16' } }));
  accepts(t, world(), dispute(AID, { account: { data: { amount: 2 } } }));
  refuses(t, world(), dispute(AID, { account: { data: { durationMinutes: 2 } } }), [
    '/data/account/data/durationMinutes',
    '"durationMinutes"',
    /of AidChanged:/,
  ]);
  refuses(t, world(), dispute(CALL, { account: { occurred: 'yesterday' } }), ['/data/account/occurred', '', /EDTF/]);
  refuses(t, world(), dispute(CALL, { by: 'nobody' }), ['/data/by', '"nobody"', 'a registered actor']);
});

t.test('what is wrong with the parts is told with all else that is wrong', async (t) => {
  const draft = { ...call, occurred: '2025', attribution: [{ label: 'A diplomat', parts: ['nothing'] }] };
  refuses(
    t,
    world(),
    { ...draft, data: { ...call.data, initiator: 'ukraine' } },
    ['/occurred', /still to come/, /planned/],
    ['/attribution/0/parts/0', '"nothing"', /CallHeld/],
    ['/data/initiator', '"ukraine"', /participant/],
  );
});
