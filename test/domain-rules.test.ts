// What may be recorded: each rule of each event type, broken on purpose. A refusal names the field, what was found and what
// was expected.
import t from 'tap';
import { actor, CAST, issue, office, position } from './support/cast.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, refuses, retraction } from './support/rules.ts';

const CALL = idOf(101);
const STATEMENT = idOf(102);
const RETRACTED = idOf(103);
const UNKNOWN = idOf(999);

function call(more: object = {}, occurred = '2024-11-15'): Draft {
  return { type: 'CallHeld', occurred, data: { participants: ['olaf-scholz', 'vladimir-putin'], ...more } };
}

function meeting(more: object = {}): Draft {
  return {
    type: 'MeetingHeld',
    occurred: '2022-02-15',
    data: { participants: ['olaf-scholz', 'vladimir-putin'], ...more },
  };
}

function demand(more: object = {}): Draft {
  const data = { speaker: 'olaf-scholz', force: 'urge', summary: 'Withdraw', ...more };
  return { type: 'DemandStated', occurred: '2024-11-15', data };
}

function statement(more: object = {}): Draft {
  return { type: 'StatementMade', occurred: '2024-11-15', data: { speaker: 'kremlin', summary: 'A readout', ...more } };
}

function reaction(to: object): Draft {
  const data = { speaker: 'ukraine', to, sentiment: -2, summary: 'Pandora’s box' };
  return { type: 'ReactionIssued', occurred: '2024-11-15', data };
}

/** The cast, a call, a statement, and a call that was taken back. */
function worldWith(...more: Draft[]): MemoryLog {
  return new MemoryLog().record(
    ...CAST,
    { ...call(), id: CALL },
    { ...statement(), id: STATEMENT },
    { ...call(), id: RETRACTED },
    retraction(RETRACTED),
    ...more,
  );
}

t.test('a reference must lead to something known that still stands', async (t) => {
  const log = worldWith();
  refuses(t, log, call({ participants: ['olaf-scholz', 'vladimir-puttin'] }), [
    '/data/participants/1',
    '"vladimir-puttin"',
    'a registered actor',
  ]);
  refuses(t, log, call({ issues: ['troop-withdrawal', 'troops'] }), ['/data/issues/1', '"troops"', 'an open issue']);
  refuses(t, log, position('germany', 'troops', 1, '2024'), ['/stance/issue', '"troops"', 'an open issue']);
  refuses(t, log, { ...call(), attribution: [{ label: 'a paper' }, { actor: 'tass' }] }, [
    '/attribution/1/actor',
    '"tass"',
    'a registered actor',
  ]);
  refuses(t, log, { ...call(), causationId: UNKNOWN }, ['/causationId', `"${UNKNOWN}"`, 'the id of a recorded event']);
  refuses(t, log, reaction({ kind: 'event', event: UNKNOWN }), [
    '/data/to/event',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
  refuses(t, log, reaction({ kind: 'event', event: RETRACTED }), [
    '/data/to/event',
    `"${RETRACTED}", retracted by event 14`,
    'an event that still stands',
  ]);
  refuses(t, log, reaction({ kind: 'conduct', of: 'nobody', description: 'x' }), [
    '/data/to/of',
    '"nobody"',
    'a registered actor',
  ]);
  accepts(t, log, reaction({ kind: 'event', event: CALL }));
  accepts(t, log, reaction({ kind: 'proposal', of: 'germany', description: 'x' }));
});

t.test('all references that lead nowhere are named at once', async (t) => {
  refuses(
    t,
    worldWith(),
    call({ participants: ['nobody', 'nobody-else'], initiator: 'nothing' }),
    ['/data/participants/0', '"nobody"', 'a registered actor'],
    ['/data/participants/1', '"nobody-else"', 'a registered actor'],
    ['/data/initiator', '"nothing"', 'a registered actor'],
  );
});

t.test('what is said to have happened does not lie in the future; what is planned may', async (t) => {
  const log = worldWith();
  const expected = 'a date up to 2024-11-20, or the modality planned or conditional';
  for (const occurred of ['2024-11-21', '2024-12', '2025', '2024-11-21/..']) {
    refuses(t, log, call({}, occurred), ['/occurred', `${occurred}, which is still to come`, expected]);
    refuses(t, log, { ...call({}, occurred), modality: 'reported' }, ['/occurred', /still to come/, expected]);
    accepts(t, log, { ...call({}, occurred), modality: 'planned' });
    accepts(t, log, { ...call({}, occurred), modality: 'conditional' });
  }
  for (const occurred of ['2024-11-20', '2024-11', '2024', '2024-11-20/..', '../2030'])
    accepts(t, log, call({}, occurred), `${occurred} may have been`);
  refuses(t, log, office('OfficeAssumed', 'germany', 'Chair', 'russia', '2025'), ['/occurred', /2025/, expected]);
});

t.test('a slug is registered once', async (t) => {
  const log = worldWith();
  refuses(t, log, actor('germany'), [
    '/data/actor',
    '"germany", which is registered already',
    'a slug that is not taken; to change a name, record ActorRenamed',
  ]);
  refuses(t, log, issue('troop-withdrawal'), [
    '/data/issue',
    '"troop-withdrawal", which is open already',
    'a slug that is not taken; to change its words, record IssueReworded',
  ]);
  refuses(t, log, actor('bankova', 'organisation', { represents: 'bankova' }), [
    '/data/represents',
    '"bankova"',
    'a registered actor',
  ]);
});

t.test('a slug is free again once its registration is taken back', async (t) => {
  const log = worldWith({ ...actor('nato'), id: UNKNOWN }, retraction(UNKNOWN));
  refuses(t, log, call({ participants: ['olaf-scholz', 'nato'] }), ['/data/participants/1', '"nato"', /registered/]);
  log.record(actor('nato', 'organisation'));
  accepts(t, log, call({ participants: ['olaf-scholz', 'nato'] }));
});

t.test('an office belongs to somebody else, and is left only by who took it up', async (t) => {
  const log = worldWith();
  refuses(t, log, office('OfficeAssumed', 'germany', 'President', 'germany', '2020'), [
    '/data/of',
    'the office holder itself',
    'the actor the office belongs to',
  ]);
  refuses(t, log, office('OfficeVacated', 'olaf-scholz', 'Mayor', 'germany', '2020'), [
    '/data/office',
    '"Mayor" of germany, which olaf-scholz is not recorded to have assumed',
    'one of "Federal Chancellor" of germany',
  ]);
  refuses(t, log, office('OfficeVacated', 'olaf-scholz', 'Federal Chancellor', 'russia', '2020'), [
    '/data/office',
    /"Federal Chancellor" of russia/,
    'one of "Federal Chancellor" of germany',
  ]);
  refuses(t, log, office('OfficeVacated', 'ukraine', 'Mayor', 'germany', '2020'), [
    '/data/office',
    /not recorded/,
    'an office recorded by OfficeAssumed',
  ]);
  accepts(t, log, office('OfficeVacated', 'olaf-scholz', 'Federal Chancellor', 'germany', '2024-11'));
});

t.test('a call or a meeting has two different parties at least', async (t) => {
  const log = worldWith();
  for (const encounter of [call, meeting]) {
    refuses(t, log, encounter({ participants: ['olaf-scholz'] }), ['/data/participants', '', /2/]);
    refuses(t, log, encounter({ participants: ['olaf-scholz', 'olaf-scholz'] }), [
      '/data/participants',
      '',
      'each actor once, found one named twice',
    ]);
  }
});

t.test('who began a call or hosted a meeting was part of it, or is whom a participant speaks for', async (t) => {
  const log = worldWith();
  const parties =
    /^one of olaf-scholz, vladimir-putin, germany, russia: a participant, or whom one of them speaks for$/;
  refuses(t, log, call({ initiator: 'ukraine' }), ['/data/initiator', '"ukraine"', parties]);
  refuses(t, log, meeting({ host: 'kremlin' }), ['/data/host', '"kremlin"', parties]);
  for (const party of ['olaf-scholz', 'germany', 'russia']) {
    accepts(t, log, call({ initiator: party }), `${party} called`);
    accepts(t, log, meeting({ host: party }), `${party} hosted`);
  }
  accepts(t, log, call({ participants: ['kremlin', 'ukraine'], initiator: 'russia' }), 'an institution’s principal');
  // On that day he was not in office.
  refuses(t, log, { ...call({ initiator: 'germany' }), occurred: '2021-12-07' }, [
    '/data/initiator',
    '"germany"',
    /^one of olaf-scholz, vladimir-putin, russia:/,
  ]);
});

t.test('a demand is addressed to others', async (t) => {
  const log = worldWith();
  refuses(t, log, demand({ addressees: ['russia', 'olaf-scholz'] }), [
    '/data/addressees/1',
    'the speaker',
    'somebody else: nobody demands of oneself',
  ]);
  const joint = { speaker: 'kremlin', onBehalfOf: 'russia', jointlyWith: ['germany'] };
  refuses(
    t,
    log,
    demand({ ...joint, addressees: ['russia', 'ukraine', 'germany'] }),
    ['/data/addressees/0', '"russia", whose own demand it is', /^somebody else/],
    ['/data/addressees/2', '"germany", whose own demand it is', /^somebody else/],
  );
  accepts(t, log, demand({ addressees: ['russia'] }));
  accepts(t, log, demand());
});

t.test('a readout is that of a call or a meeting', async (t) => {
  const log = worldWith({ ...meeting(), id: UNKNOWN });
  refuses(t, log, statement({ readoutOf: STATEMENT }), [
    '/data/readoutOf',
    'an event of type StatementMade',
    'one of type CallHeld or MeetingHeld',
  ]);
  refuses(t, log, statement({ readoutOf: RETRACTED }), ['/data/readoutOf', /retracted/, 'an event that still stands']);
  accepts(t, log, statement({ readoutOf: CALL }));
  accepts(t, log, statement({ readoutOf: UNKNOWN }));
});

t.test('what a correction leaves must itself be an event that may be recorded', async (t) => {
  const log = worldWith();
  const { data } = call();
  refuses(t, log, correction(CALL, { data: { ...data, initiator: 'ukraine' } }), [
    '/data/replacement/data/initiator',
    '"ukraine"',
    /a participant/,
  ]);
  refuses(t, log, correction(CALL, { data: { participants: ['nobody', 'russia'] } }), [
    '/data/replacement/data/participants/0',
    '"nobody"',
    'a registered actor',
  ]);
  refuses(t, log, correction(CALL, { data: {} }), [
    '/data/replacement/data/participants',
    'a replacement that makes no valid CallHeld',
    /array/,
  ]);
  refuses(t, log, correction(CALL, { occurred: '2025' }), [
    '/data/replacement/occurred',
    '2025, which is still to come',
    /planned/,
  ]);
  refuses(t, log, correction(CALL, { stance: { issue: 'troop-withdrawal', position: 1 } }), [
    '/data/replacement',
    'a replacement that makes no valid CallHeld',
    /stance/,
  ]);
  refuses(t, log, correction(CALL, {}), ['/data/replacement', '', 'at least one part to replace']);
  accepts(t, log, correction(CALL, { occurred: '2025', modality: 'planned' }), 'both parts together are valid');
  accepts(t, log, correction(STATEMENT, { stance: { issue: 'troop-withdrawal', position: 1 } }));
});

t.test('a part that an event must have cannot be taken away', async (t) => {
  const log = worldWith({ ...position('ukraine', 'troop-withdrawal', 2, '2024'), id: UNKNOWN });
  refuses(t, log, correction(UNKNOWN, { stance: null }), [
    '/data/replacement/stance',
    /no valid PositionStated/,
    /object/,
  ]);
  accepts(t, log, correction(UNKNOWN, { source: null }));
});

t.test('a correction does not turn a record into one of another actor or issue', async (t) => {
  const registered = { ...actor('nato'), id: UNKNOWN };
  const log = worldWith(registered);
  refuses(t, log, correction(UNKNOWN, { data: { ...registered.data, actor: 'otan' } }), [
    '/data/replacement/data',
    'data of actor-otan',
    'data of actor-nato; to move the event, retract it and record another',
  ]);
  accepts(t, log, correction(UNKNOWN, { data: { ...registered.data, name: 'NATO' } }), 'it does not clash with itself');
  const reworded = { type: 'IssueReworded', occurred: '2024', data: { issue: 'troop-withdrawal', proposition: 'x' } };
  log.record({ ...reworded, id: idOf(998) });
  refuses(t, log, correction(idOf(998), { data: { issue: 'territorial-settlement', proposition: 'x' } }), [
    '/data/replacement/data',
    'data of issue-territorial-settlement',
    /issue-troop-withdrawal/,
  ]);
});

t.test('what was said about an event is not corrected, and a retraction is not taken back', async (t) => {
  const corrected = { ...correction(CALL, { occurred: '2024-11-14' }), id: UNKNOWN };
  const retracted = { ...retraction(STATEMENT), id: idOf(998) };
  const log = worldWith(corrected, retracted);
  const expected = 'an event about the world; to put right what was said about one, retract it and record it anew';
  refuses(t, log, correction(UNKNOWN, { occurred: '2024' }), [
    '/data/event',
    'an event of type EventCorrected',
    expected,
  ]);
  refuses(t, log, correction(idOf(998), { occurred: '2024' }), ['/data/event', /EventRetracted/, expected]);
  refuses(t, log, retraction(idOf(998)), [
    '/data/event',
    'an event of type EventRetracted',
    'an event that can be taken back; to restore a fact, record it anew',
  ]);
  accepts(t, log, retraction(UNKNOWN), 'a correction may be taken back');
});

t.test('nothing is retracted twice or corrected once it is retracted', async (t) => {
  const log = worldWith({ ...correction(CALL, { occurred: '2024-11-14' }), id: UNKNOWN }, retraction(UNKNOWN));
  const expected = 'an event that still stands';
  refuses(t, log, retraction(RETRACTED), ['/data/event', `"${RETRACTED}", retracted by event 14`, expected]);
  refuses(t, log, correction(RETRACTED, { occurred: '2024' }), ['/data/event', /retracted by event 14/, expected]);
  refuses(t, log, retraction(UNKNOWN), ['/data/event', /retracted by event 16/, expected]);
});

t.test('a correction is read as the latest account, and taking it back restores the one before', async (t) => {
  const dates = ['2024-11-13', '2024-11-14', '2024-11-16'];
  const [first, second, third] = dates.map((occurred, n) => ({ ...correction(CALL, { occurred }), id: idOf(200 + n) }));
  const log = worldWith(first!, second!, third!);
  const reads = () => log.known.fact(CALL)?.occurred;
  t.equal(reads(), '2024-11-16');
  log.record(retraction(third!.id));
  t.equal(reads(), '2024-11-14');
  log.record(retraction(first!.id));
  t.equal(reads(), '2024-11-14', 'what was corrected later stays');
  log.record(retraction(second!.id));
  t.match(log.known.fact(CALL), { occurred: '2024-11-15', corrections: [], retracted: null });
});

t.test('a correction is judged on what earlier ones left', async (t) => {
  const log = worldWith(correction(CALL, { modality: 'planned' }));
  accepts(t, log, correction(CALL, { occurred: '2025' }));
  log.record(correction(CALL, { occurred: '2025' }));
  refuses(t, log, correction(CALL, { modality: 'asserted' }), ['/data/replacement/occurred', /2025/, /planned/]);
  refuses(t, log, correction(CALL, { modality: null }), ['/data/replacement/occurred', /2025/, /planned/]);
});

t.test('taking back a correction must leave an event that may be recorded', async (t) => {
  const planned = { ...correction(CALL, { modality: 'planned' }), id: UNKNOWN };
  const later = { ...correction(CALL, { occurred: '2025' }), id: idOf(998) };
  const log = worldWith(planned, later);
  refuses(t, log, retraction(planned.id), [
    '/data/event',
    'a correction; without it, /occurred would be 2025, which is still to come',
    'a date up to 2024-11-20, or the modality planned or conditional',
  ]);
  log.record(retraction(later.id));
  accepts(t, log, retraction(planned.id), 'in the other order');
});

t.test('a correction of what was taken back since may be taken back too', async (t) => {
  const planned = { ...correction(CALL, { modality: 'planned' }), id: UNKNOWN };
  const log = worldWith(planned, correction(CALL, { occurred: '2025' }), retraction(CALL));
  accepts(t, log, retraction(planned.id));
});

t.test('an event is not corrected to point at itself', async (t) => {
  const reacting = { ...reaction({ kind: 'event', event: CALL }), id: UNKNOWN };
  const data = { ...reacting.data, to: { kind: 'event', event: UNKNOWN } };
  refuses(t, worldWith(reacting), correction(UNKNOWN, { data }), [
    '/data/replacement/data/to/event',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
});
