// Which steps a negotiation can take: each rule about processes, broken on purpose.
import t from 'tap';
import { negotiationStatus } from '../src/domain/negotiation.ts';
import { eventTypes } from '../src/domain/vocabulary.ts';
import { CAST } from './support/cast.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, event, refuses, retraction } from './support/rules.ts';

const TALKS = idOf(101);
const LATER = idOf(102);
const OTHER_TALKS = idOf(103);
const CALL = idOf(104);
const MENTION = idOf(105);
const UNKNOWN = idOf(999);

const STEPS = eventTypes.filter(({ family }) => family === 'process').map(({ type }) => type);
const parties = ['russia', 'ukraine'];

/** A step of the given kind ("Opened"), in the talks or another negotiation. */
function step(kind: string, occurred: string, data: object = {}): Draft {
  const type = STEPS.find((name) => name.endsWith(kind))!;
  const stage = type === 'AgreementReached' ? { stage: 'draft' } : {};
  return event(type, occurred, { negotiation: TALKS, ...stage, ...data });
}

function first(kind: string, occurred: string): Draft {
  return step(kind, occurred, { negotiation: undefined, parties });
}

/** Two negotiations that were opened on the same day, and a call. */
function worldWith(...more: Draft[]): MemoryLog {
  return new MemoryLog().record(
    ...CAST,
    { ...first('Opened', '2024-08-01'), id: TALKS },
    { ...first('Opened', '2024-08-01'), id: OTHER_TALKS },
    { ...event('CallHeld', '2024-08-01', { participants: parties }), id: CALL },
    ...more,
  );
}

const over = (status: string, on = '2024-08-10') =>
  ['/data/negotiation', `a negotiation that was ${status} on ${on}`, 'one that still goes on'] as const;

t.test('a step says who negotiates, or which negotiation it belongs to', async (t) => {
  t.equal(STEPS.length, 7);
  const log = worldWith();
  for (const type of STEPS) {
    const { data } = step(type, '');
    const loose = event(type, '2024-08-02', { ...data, negotiation: undefined });
    refuses(t, log, loose, ['/data/parties', '', 'two parties or more, or the negotiation that this belongs to']);
    refuses(t, log, event(type, '2024-08-02', { ...loose.data, parties: ['russia'] }), ['/data/parties', '', /2/]);
    refuses(t, log, event(type, '2024-08-02', { ...loose.data, parties: ['russia', 'russia'] }), [
      '/data/parties',
      '',
      'each actor once, found one named twice',
    ]);
    accepts(t, log, event(type, '2024-08-02', { ...loose.data, parties }));
    accepts(t, log, event(type, '2024-08-02', data));
    accepts(t, log, event(type, '2024-08-02', { ...data, parties }), 'both');
  }
});

t.test('a negotiation is named by any of its steps, and by nothing else', async (t) => {
  const log = worldWith(
    { ...step('Suspended', '2024-08-02'), id: LATER },
    { type: 'EventCorroborated', occurred: '2024-08-02', data: { event: TALKS }, id: MENTION },
  );
  accepts(t, log, step('Resumed', '2024-08-03', { negotiation: LATER }));
  refuses(t, log, step('Resumed', '2024-08-03', { negotiation: CALL }), [
    '/data/negotiation',
    'an event of type CallHeld',
    'a step of a negotiation',
  ]);
  refuses(t, log, step('Resumed', '2024-08-03', { negotiation: MENTION }), [
    '/data/negotiation',
    'an event of type EventCorroborated',
    'a step of a negotiation',
  ]);
  refuses(t, log, step('Resumed', '2024-08-03', { negotiation: UNKNOWN }), [
    '/data/negotiation',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
});

/** What is refused the day after these steps. */
function refusedAfter(...steps: Draft[]): string[] {
  const log = worldWith(...steps);
  return STEPS.filter((type) => log.violations(step(type, '2024-08-20')).length > 0);
}

t.test('what is over takes only the steps that it still can', async (t) => {
  const abandoned = step('Abandoned', '2024-08-10');
  const concluded = step('Concluded', '2024-08-10');
  t.same(refusedAfter(), []);
  for (const kind of ['Proposed', 'Opened', 'Suspended', 'Resumed', 'AgreementReached'])
    t.same(refusedAfter(step(kind, '2024-08-10')), [], kind);
  t.same(refusedAfter(abandoned).toSorted(), ['NegotiationAbandoned', 'NegotiationSuspended']);
  t.same(refusedAfter(concluded).toSorted(), [
    'NegotiationAbandoned',
    'NegotiationConcluded',
    'NegotiationOpened',
    'NegotiationResumed',
    'NegotiationSuspended',
  ]);
  t.same(refusedAfter(abandoned, step('Resumed', '2024-08-11')), [], 'it goes on again');
  t.same(refusedAfter(step('Resumed', '2024-08-11'), abandoned), [], 'whichever was recorded first');
  t.equal(
    refusedAfter(concluded, step('AgreementReached', '2024-08-11')).length,
    5,
    'an agreement opens nothing again',
  );
  refuses(t, worldWith(abandoned), step('Abandoned', '2024-08-20'), [...over('abandoned')]);
  refuses(t, worldWith(abandoned), step('Suspended', '2024-08-20'), [...over('abandoned')]);
  refuses(t, worldWith(concluded), step('Resumed', '2024-08-20'), [...over('concluded')]);
});

t.test('a step is judged by how the negotiation stood on its own day', async (t) => {
  const log = worldWith(step('Abandoned', '2024-08-10'), step('Resumed', '2024-08-15'));
  for (const occurred of ['2024-08-09', '2024-08', '../2024-08-12', '2024-08-15', '2024-08-16'])
    accepts(t, log, step('Suspended', occurred), occurred);
  for (const occurred of ['2024-08-10', '2024-08-14', '2024-08-12/..'])
    refuses(t, log, step('Suspended', occurred), [...over('abandoned')]);
  accepts(t, log, step('Suspended', '2024-08-12', { negotiation: OTHER_TALKS }), 'other talks');
  accepts(t, worldWith(step('Abandoned', '2024-08-10')), step('Suspended', '../2024-08-12'), 'it may have been before');
});

t.test('what does not count ends nothing, and may be told of what is over', async (t) => {
  const planned = { ...step('Abandoned', '2024-08-10'), modality: 'planned' };
  accepts(t, worldWith(planned), step('Suspended', '2024-08-12'));
  for (const modality of ['planned', 'negated', 'opinion'])
    accepts(t, worldWith(step('Abandoned', '2024-08-10')), { ...step('Suspended', '2024-08-12'), modality });
  refuses(t, worldWith(step('Abandoned', '2024-08-10')), { ...step('Suspended', '2024-08-12'), modality: 'reported' }, [
    ...over('abandoned'),
  ]);
});

t.test('what is said about a step is no step, and takes nothing back', async (t) => {
  const sayings = [
    { type: 'EventCorroborated', occurred: '2024-08-11', data: { event: LATER } },
    { type: 'EventDisputed', occurred: '2024-08-11', data: { event: LATER, summary: 'No' } },
    { ...correction(LATER, { source: { publisher: 'A paper' } }), occurred: '2024-08-11' },
    { ...retraction(UNKNOWN), occurred: '2024-08-11' },
  ];
  for (const said of sayings) {
    const opinion = { ...step('Suspended', '2024-08-10'), modality: 'opinion', id: UNKNOWN };
    const log = worldWith({ ...step('Abandoned', '2024-08-10'), id: LATER }, opinion, said);
    refuses(t, log, step('Suspended', '2024-08-12'), [...over('abandoned')]);
  }
});

t.test('what ended it can be taken back, and it goes on', async (t) => {
  const log = worldWith({ ...step('Concluded', '2024-08-10'), id: LATER });
  refuses(t, log, step('Resumed', '2024-08-12'), [...over('concluded')]);
  log.record(correction(LATER, { occurred: '2024-08-14' }));
  accepts(t, log, step('Resumed', '2024-08-12'), 'it ended later than was thought');
  refuses(t, log, step('Resumed', '2024-08-14'), [...over('concluded', '2024-08-14')]);
  log.record(retraction(LATER));
  accepts(t, log, step('Resumed', '2024-08-14'));
});

t.test('a correction does not bring about a step that could not be taken', async (t) => {
  const log = worldWith(step('Abandoned', '2024-08-10'), { ...step('Suspended', '2024-08-05'), id: LATER });
  refuses(t, log, correction(LATER, { occurred: '2024-08-12' }), [
    '/data/replacement/data/negotiation',
    'a negotiation that was abandoned on 2024-08-10',
    'one that still goes on',
  ]);
  refuses(t, log, correction(LATER, { data: step('Suspended', '', { negotiation: OTHER_TALKS }).data }), [
    '/data/replacement/data',
    `data of negotiation-${OTHER_TALKS}`,
    `data of negotiation-${TALKS}; to move the event, retract it and record another`,
  ]);
  refuses(t, log, correction(LATER, { data: first('Suspended', '').data }), [
    '/data/replacement/data',
    `data of negotiation-${LATER}`,
    /^data of negotiation-/,
  ]);
  refuses(t, log, correction(LATER, { data: step('Suspended', '', { negotiation: UNKNOWN }).data }), [
    '/data/replacement/data/negotiation',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
  accepts(t, log, correction(LATER, { occurred: '2024-08-09' }));
});

t.test('the first step stays the first: it is not corrected into one of what it began', async (t) => {
  const log = worldWith({ ...step('Suspended', '2024-08-05'), id: LATER });
  refuses(t, log, correction(TALKS, { data: step('Opened', '', { negotiation: LATER }).data }), [
    '/data/replacement/data/negotiation',
    'a later step of what this one begins',
    'nothing: the first step names none',
  ]);
  refuses(t, log, correction(TALKS, { data: step('Opened', '').data }), [
    '/data/replacement/data/negotiation',
    `"${TALKS}"`,
    'the id of a recorded event',
  ]);
  accepts(t, log, correction(TALKS, { data: { ...first('Opened', '').data, parties: ['russia', 'germany'] } }));
});

t.test('a cause is an event, somebody’s doing or a claim', async (t) => {
  for (const kind of ['Suspended', 'Resumed', 'Abandoned']) {
    const because = (cause: object) => step(kind, '2024-08-05', { cause });
    refuses(t, worldWith(), because({}), ['/data/cause', '', 'an event, actors, or a claim']);
    refuses(t, worldWith(), because({ event: UNKNOWN }), ['/data/cause/event', `"${UNKNOWN}"`, /recorded event/]);
    refuses(t, worldWith(), because({ actors: ['nobody'] }), [
      '/data/cause/actors/0',
      '"nobody"',
      'a registered actor',
    ]);
    for (const cause of [{ event: CALL }, { actors: ['russia'] }, { claim: 'Kursk' }])
      accepts(t, worldWith(), because(cause));
  }
});

t.test('each step says what the negotiation is from then on', async (t) => {
  const statuses = STEPS.map((type) => [type, negotiationStatus(event(type, '2024', {}))]);
  t.same(Object.fromEntries(statuses), {
    NegotiationProposed: 'proposed',
    NegotiationOpened: 'open',
    NegotiationSuspended: 'suspended',
    NegotiationResumed: 'open',
    NegotiationAbandoned: 'abandoned',
    NegotiationConcluded: 'concluded',
    AgreementReached: 'agreed',
  });
  const agreed = { stage: 'agreed_to_open' };
  t.equal(negotiationStatus(event('NegotiationProposed', '2024', agreed)), 'agreed_to_open');
});

t.test('a step whose negotiation was taken back can still be put right', async (t) => {
  const log = worldWith({ ...step('Abandoned', '2024-08-10'), id: LATER });
  log.record(retraction(TALKS));
  accepts(t, log, correction(LATER, { occurred: '2024-08-11' }));
});
