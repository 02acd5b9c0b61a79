// What may be announced, attended, held and cancelled: each rule about encounters, broken on purpose.
import t from 'tap';
import { actor, CAST } from './support/cast.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, event, refuses, retraction } from './support/rules.ts';

const SUMMIT = idOf(101);
const OTHER_SUMMIT = idOf(102);
const CALL = idOf(103);
const CANCELLATION = idOf(104);
const UNKNOWN = idOf(999);

const ONLY_ANNOUNCED = 'one of type EncounterAnnounced';

const summit = event('EncounterAnnounced', '2024-11-18', { expected: ['olaf-scholz', 'vladimir-putin'] });

/** Two summits that were announced, and a call. */
function worldWith(...more: Draft[]): MemoryLog {
  return new MemoryLog().record(
    ...CAST,
    actor('g20', 'forum'),
    { ...summit, id: SUMMIT },
    { ...summit, id: OTHER_SUMMIT },
    { ...call(), id: CALL },
    ...more,
  );
}

function call(announced?: string): Draft {
  return event('CallHeld', '2024-11-15', { participants: ['olaf-scholz', 'vladimir-putin'], announced });
}

function meeting(announced?: string): Draft {
  return { ...call(announced), type: 'MeetingHeld' };
}

function cancellation(encounter = SUMMIT, occurred = '2024-11-16'): Draft {
  return event('EncounterCancelled', occurred, { encounter, by: 'germany' });
}

function attendance(data: object): Draft {
  return event('AttendanceDeclared', '2024-11-16', { actor: 'vladimir-putin', decision: 'declines', ...data });
}

t.test('what came true with a call or a meeting is an announcement of one', async (t) => {
  const log = worldWith({ ...cancellation(), id: CANCELLATION });
  for (const held of [call, meeting]) {
    refuses(t, log, held(CALL), ['/data/announced', 'an event of type CallHeld', ONLY_ANNOUNCED]);
    refuses(t, log, held(CANCELLATION), ['/data/announced', 'an event of type EncounterCancelled', ONLY_ANNOUNCED]);
    refuses(t, log, held(UNKNOWN), ['/data/announced', `"${UNKNOWN}"`, 'the id of a recorded event']);
    accepts(t, log, held(OTHER_SUMMIT));
    accepts(t, log, held(SUMMIT), 'it took place although it was called off');
    accepts(t, log, held());
  }
});

t.test('what is wrong with the party and with the announcement is told at once', async (t) => {
  const data = { participants: ['olaf-scholz', 'vladimir-putin'], announced: CALL };
  for (const [type, field] of [
    ['CallHeld', 'initiator'],
    ['MeetingHeld', 'host'],
  ] as const)
    refuses(
      t,
      worldWith(),
      event(type, '2024-11-15', { ...data, [field]: 'ukraine' }),
      [`/data/${field}`, '"ukraine"', /a participant/],
      ['/data/announced', 'an event of type CallHeld', ONLY_ANNOUNCED],
    );
});

t.test('what is announced may lie in the future where it is planned or denied', async (t) => {
  const announced = event('EncounterAnnounced', '2024-12-05', { expected: ['olaf-scholz'] });
  refuses(t, worldWith(), announced, ['/occurred', /2024-12-05, which is still to come/, /planned/]);
  for (const modality of ['planned', 'negated']) accepts(t, worldWith(), { ...announced, modality }, modality);
});

t.test('only what was announced is called off, and only once', async (t) => {
  const log = worldWith();
  refuses(t, log, cancellation(CALL), ['/data/encounter', 'an event of type CallHeld', ONLY_ANNOUNCED]);
  refuses(t, log, cancellation(UNKNOWN), ['/data/encounter', `"${UNKNOWN}"`, 'the id of a recorded event']);
  log.record({ ...cancellation(), id: CANCELLATION });
  for (const occurred of ['2024-11-10', '2024-11-16', '2024-11-17'])
    refuses(t, log, cancellation(SUMMIT, occurred), [
      '/data/encounter',
      'an encounter that was cancelled on 2024-11-16',
      'one that is still to take place',
    ]);
  refuses(t, log, cancellation(CANCELLATION), ['/data/encounter', /EncounterCancelled/, ONLY_ANNOUNCED]);
  accepts(t, log, cancellation(OTHER_SUMMIT), 'another one');
  accepts(t, log, { ...cancellation(), modality: 'planned' }, 'that it was planned may be told later');
  log.record(retraction(CANCELLATION));
  accepts(t, log, cancellation());
});

t.test('who stays away calls nothing off', async (t) => {
  accepts(t, worldWith(attendance({ encounter: SUMMIT }), meeting(SUMMIT)), cancellation());
});

t.test('a cancellation that does not count calls nothing off', async (t) => {
  for (const modality of ['negated', 'planned', 'opinion', 'assessment', 'conditional', 'interpreted'])
    accepts(t, worldWith({ ...cancellation(), modality }), cancellation(), modality);
  refuses(t, worldWith({ ...cancellation(), modality: 'reported' }), cancellation(), [
    '/data/encounter',
    /was cancelled/,
    /still to take place/,
  ]);
});

t.test('a cancellation may be corrected, but stays one of the same encounter', async (t) => {
  const log = worldWith({ ...cancellation(), id: CANCELLATION });
  accepts(t, log, correction(CANCELLATION, { occurred: '2024-11-17' }), 'it does not clash with itself');
  refuses(t, log, correction(CANCELLATION, { data: cancellation(OTHER_SUMMIT).data }), [
    '/data/replacement/data',
    `data of encounter-${OTHER_SUMMIT}`,
    `data of encounter-${SUMMIT}; to move the event, retract it and record another`,
  ]);
  refuses(t, log, correction(CANCELLATION, { data: cancellation(UNKNOWN).data }), [
    '/data/replacement/data/encounter',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
});

t.test('an attendance is that of an announced encounter or a forum', async (t) => {
  const log = worldWith();
  refuses(t, log, attendance({}), ['/data/encounter', '', 'the announced encounter, or the forum that meets']);
  refuses(t, log, attendance({ encounter: CALL }), ['/data/encounter', 'an event of type CallHeld', ONLY_ANNOUNCED]);
  refuses(t, log, attendance({ encounter: CALL, forum: 'g20' }), ['/data/encounter', /CallHeld/, ONLY_ANNOUNCED]);
  refuses(t, log, attendance({ forum: 'g7' }), ['/data/forum', '"g7"', 'a registered actor']);
  accepts(t, log, attendance({ encounter: SUMMIT }));
  accepts(t, log, attendance({ forum: 'g20' }));
  accepts(t, log, attendance({ encounter: SUMMIT, forum: 'g20' }));
});

t.test('an attendance is not corrected into one of another encounter', async (t) => {
  const [declared, inForum] = [idOf(105), idOf(106)];
  const log = worldWith(
    { ...attendance({ encounter: SUMMIT }), id: declared },
    { ...attendance({ forum: 'g20' }), id: inForum },
  );
  const { data } = attendance({ encounter: OTHER_SUMMIT });
  const other = `data of encounter-${OTHER_SUMMIT}`;
  refuses(t, log, correction(declared, { data }), [
    '/data/replacement/data',
    other,
    `data of encounter-${SUMMIT}; to move the event, retract it and record another`,
  ]);
  refuses(t, log, correction(inForum, { data }), ['/data/replacement/data', other, /^data of attendance-.*; to move/]);
  refuses(t, log, correction(declared, { data: attendance({ encounter: UNKNOWN }).data }), [
    '/data/replacement/data/encounter',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
  accepts(t, log, correction(declared, { data: attendance({ encounter: SUMMIT, decision: 'attends' }).data }));
});
