// What may be answered, withdrawn and given way to: each rule about demands and proposals, broken on purpose.
import t from 'tap';
import { CAST } from './support/cast.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, event, refuses, retraction } from './support/rules.ts';

const DEMAND = idOf(101);
const PROPOSAL = idOf(102);
const CALL = idOf(103);
const JOINT = idOf(104);
const WITHDRAWAL = idOf(105);
const ANSWER = idOf(106);
const CORRECTION = idOf(107);
const UNKNOWN = idOf(999);

const germany = { speaker: 'olaf-scholz', addressees: ['russia'] };
const demand = event('DemandStated', '2024-11-10', { ...germany, force: 'urge' });
const proposal = event('ProposalTabled', '2024-11-10', germany);
const joint = event('DemandStated', '2024-11-10', { ...germany, jointlyWith: ['ukraine'], force: 'urge' });

/** Germany's demand and its proposal, a demand of Germany and Ukraine, and a call. */
function worldWith(...more: Draft[]): MemoryLog {
  return new MemoryLog().record(
    ...CAST,
    { ...demand, id: DEMAND },
    { ...proposal, id: PROPOSAL },
    { ...joint, id: JOINT },
    { ...event('CallHeld', '2024-11-15', { participants: ['germany', 'russia'] }), id: CALL },
    ...more,
  );
}

function answer(occurred = '2024-11-15', data: object = {}): Draft {
  return event('DemandAnswered', occurred, { speaker: 'russia', demands: [DEMAND], answer: 'refused', ...data });
}

function proposalAnswer(occurred = '2024-11-15', data: object = {}): Draft {
  return event('ProposalAnswered', occurred, { speaker: 'russia', proposals: [PROPOSAL], answer: 'refused', ...data });
}

function positionOn(demands: string[], occurred = '2024-11-15', speaker = 'russia'): Draft {
  const stance = { issue: 'troop-withdrawal', position: -2 };
  return event('PositionStated', occurred, { speaker, answers: { demands, answer: 'refused' } }, { stance });
}

function withdrawal(occurred = '2024-11-14', data: object = {}): Draft {
  return event('DemandWithdrawn', occurred, { speaker: 'germany', demand: DEMAND, ...data });
}

const isWithdrawn = (on: string) => [`a demand that was withdrawn on ${on}`, 'one that is still open'] as const;

t.test('an answer names what it answers, or says it in words', async (t) => {
  const log = worldWith();
  refuses(t, log, answer('2024-11-15', { demands: undefined }), [
    '/data/demands',
    '',
    'the demands that are answered, or the ask in words',
  ]);
  refuses(t, log, proposalAnswer('2024-11-15', { proposals: undefined }), [
    '/data/proposals',
    '',
    'the proposals that are answered, or what was proposed in words',
  ]);
  const ask = 'To come to Berlin';
  for (const demands of [undefined, [DEMAND]]) accepts(t, log, answer('2024-11-15', { demands, ask }));
  for (const proposals of [undefined, [PROPOSAL]]) accepts(t, log, proposalAnswer('2024-11-15', { proposals, ask }));
  const twice = 'each event once, found one named twice';
  refuses(t, log, answer('2024-11-15', { demands: [DEMAND, DEMAND] }), ['/data/demands', '', twice]);
  refuses(t, log, positionOn([DEMAND, DEMAND]), ['/data/answers/demands', '', twice]);
  refuses(t, log, answer('2024-11-15', { demands: [] }), ['/data/demands', '', /1/]);
});

t.test('each answer is one to what it can answer', async (t) => {
  const log = worldWith();
  refuses(t, log, answer('2024-11-15', { demands: [DEMAND, CALL, PROPOSAL, UNKNOWN] }), [
    '/data/demands/3',
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
  refuses(t, log, answer('2024-11-15', { demands: [DEMAND, CALL, PROPOSAL] }), [
    '/data/demands/1',
    'an event of type CallHeld',
    'one of type DemandStated or ProposalTabled',
  ]);
  refuses(
    t,
    log,
    positionOn([PROPOSAL, DEMAND, CALL]),
    ['/data/answers/demands/0', 'an event of type ProposalTabled', 'one of type DemandStated'],
    ['/data/answers/demands/2', 'an event of type CallHeld', 'one of type DemandStated'],
  );
  refuses(t, log, proposalAnswer('2024-11-15', { proposals: [PROPOSAL, DEMAND] }), [
    '/data/proposals/1',
    'an event of type DemandStated',
    'one of type ProposalTabled',
  ]);
  accepts(t, log, answer('2024-11-15', { demands: [DEMAND, PROPOSAL, JOINT] }), 'a proposal bundles demands');
  accepts(t, log, positionOn([DEMAND, JOINT]));
  accepts(t, log, proposalAnswer());
});

t.test('nobody answers what is its own, nor through an office or a spokesman', async (t) => {
  const log = worldWith();
  const others = 'what somebody else did';
  for (const speaker of [
    { speaker: 'germany' },
    { speaker: 'olaf-scholz' },
    { speaker: 'kremlin', onBehalfOf: 'germany' },
  ]) {
    const found = 'what germany put forward';
    refuses(t, log, answer('2024-11-15', speaker), ['/data/demands/0', found, others]);
    refuses(t, log, proposalAnswer('2024-11-15', speaker), ['/data/proposals/0', found, others]);
  }
  refuses(t, log, positionOn([DEMAND], '2024-11-15', 'olaf-scholz'), [
    '/data/answers/demands/0',
    'what germany put forward',
    others,
  ]);
  for (const speaker of ['russia', 'vladimir-putin', 'kremlin', 'ukraine'])
    accepts(t, log, answer('2024-11-15', { speaker }), `${speaker} answers`);
  accepts(
    t,
    log,
    answer('2024-11-15', { speaker: 'germany', onBehalfOf: 'ukraine' }),
    'the words are those of ukraine',
  );
});

t.test('whose an answer is, is judged by the offices of its day', async (t) => {
  const early = { ...demand, id: UNKNOWN, occurred: '2021-12-01', data: { ...demand.data, speaker: 'germany' } };
  const log = worldWith(early);
  const data = { speaker: 'olaf-scholz', demands: [UNKNOWN] };
  accepts(t, log, answer('2021-12-07', data), 'not yet in office');
  refuses(t, log, answer('2021-12-08', data), ['/data/demands/0', 'what germany put forward', /somebody else/]);
});

t.test('one of those who demand it together may answer the others, all of them may not', async (t) => {
  const log = worldWith();
  accepts(t, log, answer('2024-11-15', { speaker: 'germany', demands: [JOINT] }));
  accepts(t, log, answer('2024-11-15', { speaker: 'ukraine', demands: [JOINT] }));
  refuses(t, log, answer('2024-11-15', { speaker: 'ukraine', jointlyWith: ['olaf-scholz'], demands: [JOINT] }), [
    '/data/demands/0',
    'what ukraine and germany put forward',
    'what somebody else did',
  ]);
  refuses(t, log, answer('2024-11-15', { jointlyWith: ['germany'] }), [
    '/data/demands/0',
    /russia and germany/,
    /else/,
  ]);
});

t.test('nothing is answered before it is stated', async (t) => {
  const log = worldWith({ ...demand, id: UNKNOWN, occurred: '../2024-11-10' });
  const before = ['what was stated only on 2024-11-10', 'one stated by 2024-11-09'] as const;
  refuses(t, log, answer('2024-11-09'), ['/data/demands/0', ...before]);
  refuses(t, log, answer('2024-11-09', { demands: [PROPOSAL] }), ['/data/demands/0', ...before]);
  refuses(t, log, positionOn([DEMAND], '2024-11-09'), ['/data/answers/demands/0', ...before]);
  refuses(t, log, proposalAnswer('2024-11-09'), ['/data/proposals/0', ...before]);
  for (const occurred of ['2024-11-10', '2024-11', '2024', '2024-10/..', '../2024-11-10'])
    accepts(t, log, answer(occurred), `${occurred} may be later`);
  accepts(t, log, answer('1999', { demands: [UNKNOWN] }), 'nobody knows since when it was demanded');
});

t.test('what was withdrawn is answered no more from that day on', async (t) => {
  const log = worldWith({ ...withdrawal(), id: WITHDRAWAL });
  for (const occurred of ['2024-11-14', '2024-11-15', '2024-11-14/..']) {
    refuses(t, log, answer(occurred), ['/data/demands/0', ...isWithdrawn('2024-11-14')]);
    refuses(t, log, positionOn([DEMAND], occurred), ['/data/answers/demands/0', ...isWithdrawn('2024-11-14')]);
  }
  for (const occurred of ['2024-11-13', '2024-11', '../2024-11-20', '2024-11-13/2024-11-15']) {
    accepts(t, log, answer(occurred), `${occurred} may have been before`);
    accepts(t, log, positionOn([DEMAND], occurred));
  }
  accepts(t, log, answer('2024-11-15', { demands: [JOINT] }), 'another demand');
  log.record(retraction(WITHDRAWAL));
  accepts(t, log, answer('2024-11-15'), 'open again');
});

t.test('a withdrawal that may have been long ago closes the demand for every day', async (t) => {
  const log = worldWith(withdrawal('../2024-11-14'));
  refuses(t, log, answer('2024-11-10'), ['/data/demands/0', ...isWithdrawn('../2024-11-14')]);
  refuses(t, log, answer('../2024-11-20'), ['/data/demands/0', ...isWithdrawn('../2024-11-14')]);
});

t.test('a withdrawal that does not count withdraws nothing', async (t) => {
  for (const modality of ['negated', 'planned', 'opinion', 'assessment', 'conditional', 'interpreted']) {
    const log = worldWith({ ...withdrawal(), modality });
    accepts(t, log, answer(), modality);
    accepts(t, log, withdrawal('2024-11-16'), modality);
  }
  const log = worldWith({ ...withdrawal(), modality: 'reported' });
  refuses(t, log, answer(), ['/data/demands/0', ...isWithdrawn('2024-11-14')]);
  accepts(t, log, { ...withdrawal('2024-11-12'), modality: 'planned' }, 'that it was planned may be told later');
});

t.test('what was answered may be answered again', async (t) => {
  const log = worldWith(answer('2024-11-12'));
  accepts(t, log, answer('2024-11-13', { answer: 'accepted' }));
  accepts(t, log, withdrawal());
});

t.test('a demand is withdrawn by who stated it, once, and not before', async (t) => {
  const log = worldWith();
  const whose = 'those of germany, whose demand it is';
  refuses(t, log, withdrawal('2024-11-14', { speaker: 'vladimir-putin' }), ['/data/speaker', 'words of russia', whose]);
  refuses(t, log, withdrawal('2024-11-14', { speaker: 'olaf-scholz', onBehalfOf: 'ukraine' }), [
    '/data/speaker',
    'words of ukraine',
    whose,
  ]);
  refuses(t, log, withdrawal('2024-11-14', { speaker: 'russia', demand: JOINT }), [
    '/data/speaker',
    'words of russia',
    'those of germany or ukraine, whose demand it is',
  ]);
  for (const speaker of [{ speaker: 'olaf-scholz' }, { speaker: 'kremlin', onBehalfOf: 'germany' }])
    accepts(t, log, withdrawal('2024-11-14', speaker));
  accepts(t, log, withdrawal('2024-11-14', { speaker: 'ukraine', demand: JOINT }), 'one of those who demand it');
  accepts(t, log, withdrawal('2024-11-14', { speaker: 'russia', jointlyWith: ['germany'] }));
  refuses(t, log, withdrawal('2024-11-09'), [
    '/data/demand',
    'what was stated only on 2024-11-10',
    'one stated by 2024-11-09',
  ]);
  log.record(withdrawal());
  for (const occurred of ['2024-11-13', '2024-11-14', '2024-11-15'])
    refuses(t, log, withdrawal(occurred), ['/data/demand', ...isWithdrawn('2024-11-14')]);
});

t.test('only a demand is withdrawn', async (t) => {
  const expected = 'one of type DemandStated';
  refuses(t, worldWith(), withdrawal('2024-11-14', { demand: PROPOSAL }), [
    '/data/demand',
    'an event of type ProposalTabled',
    expected,
  ]);
  refuses(
    t,
    worldWith(withdrawal(), { ...withdrawal('2024-11-14', { demand: JOINT }), id: WITHDRAWAL }),
    withdrawal('2024-11-14', { demand: WITHDRAWAL }),
    ['/data/demand', 'an event of type DemandWithdrawn', expected],
  );
});

t.test('a proposal bundles demands and proposals, and a concession is one to a demand or a threat', async (t) => {
  const threat = event('ThreatIssued', '2024-11-10', { speaker: 'russia', threat: 'other' });
  const log = worldWith({ ...threat, id: UNKNOWN });
  const bundle = (...includes: string[]) => event('ProposalTabled', '2024-11-15', { speaker: 'ukraine', includes });
  accepts(t, log, bundle(DEMAND, PROPOSAL));
  refuses(
    t,
    log,
    bundle(CALL, DEMAND, UNKNOWN),
    ['/data/includes/0', 'an event of type CallHeld', 'one of type DemandStated or ProposalTabled'],
    ['/data/includes/2', 'an event of type ThreatIssued', 'one of type DemandStated or ProposalTabled'],
  );
  const concession = (to?: string) => event('ConcessionMade', '2024-11-15', { speaker: 'ukraine', to });
  for (const to of [DEMAND, UNKNOWN, undefined]) accepts(t, log, concession(to));
  refuses(t, log, concession(CALL), [
    '/data/to',
    'an event of type CallHeld',
    'one of type DemandStated or ThreatIssued',
  ]);
});

t.test('a correction does not bring about an answer that could not be given', async (t) => {
  const answered = answer('2024-11-15', { demands: [JOINT] });
  const log = worldWith(withdrawal(), { ...answered, id: ANSWER });
  const pointer = '/data/replacement/data/demands/0';
  refuses(t, log, correction(ANSWER, { data: answer().data }), [pointer, ...isWithdrawn('2024-11-14')]);
  refuses(t, log, correction(ANSWER, { data: { ...answered.data, demands: [CALL] } }), [
    pointer,
    /CallHeld/,
    /DemandStated/,
  ]);
  refuses(t, log, correction(ANSWER, { data: { ...answered.data, demands: [UNKNOWN] } }), [
    pointer,
    `"${UNKNOWN}"`,
    'the id of a recorded event',
  ]);
  refuses(t, log, correction(ANSWER, { data: { ...answered.data, speaker: 'ukraine', jointlyWith: ['germany'] } }), [
    pointer,
    'what ukraine and germany put forward',
    'what somebody else did',
  ]);
  refuses(t, log, correction(ANSWER, { occurred: '2024-11-09' }), [pointer, /stated only on 2024-11-10/, /2024-11-09/]);
  accepts(t, log, correction(ANSWER, { occurred: '2024-11-13', data: answer().data }), 'both parts together are valid');
});

t.test('a correction taken back does not bring such an answer to light', async (t) => {
  const log = worldWith(
    { ...answer('2024-11-13'), id: ANSWER },
    { ...correction(ANSWER, { occurred: '2024-11-12' }), id: CORRECTION },
    { ...withdrawal('2024-11-13'), id: WITHDRAWAL },
  );
  refuses(t, log, retraction(CORRECTION), [
    '/data/event',
    'a correction; without it, /data/demands/0 would be a demand that was withdrawn on 2024-11-13',
    'one that is still open',
  ]);
  log.record(retraction(WITHDRAWAL));
  accepts(t, log, retraction(CORRECTION));
});

t.test('a withdrawal may be corrected, but stays one of the same demand', async (t) => {
  const log = worldWith({ ...withdrawal(), id: WITHDRAWAL });
  accepts(t, log, correction(WITHDRAWAL, { occurred: '2024-11-15' }), 'it does not clash with itself');
  refuses(t, log, correction(WITHDRAWAL, { occurred: '2024-11-09' }), [
    '/data/replacement/data/demand',
    /only on/,
    /by/,
  ]);
  refuses(t, log, correction(WITHDRAWAL, { data: withdrawal('', { demand: JOINT }).data }), [
    '/data/replacement/data',
    `data of demand-${JOINT}`,
    `data of demand-${DEMAND}; to move the event, retract it and record another`,
  ]);
  refuses(t, log, correction(WITHDRAWAL, { data: withdrawal('', { speaker: 'russia' }).data }), [
    '/data/replacement/data/speaker',
    'words of russia',
    /germany/,
  ]);
  for (const nothing of [UNKNOWN, WITHDRAWAL])
    refuses(t, log, correction(WITHDRAWAL, { data: withdrawal('', { demand: nothing }).data }), [
      '/data/replacement/data/demand',
      `"${nothing}"`,
      'the id of a recorded event',
    ]);
});

t.test('an id is put in place as it is written in the log, because it is compared to others', async (t) => {
  const hexadecimal = 'abcdef00-0000-7000-8000-000000000001';
  const log = worldWith(
    { ...demand, id: hexadecimal },
    { ...withdrawal('2024-11-14', { demand: hexadecimal }), id: WITHDRAWAL },
  );
  const { data } = withdrawal('', { demand: hexadecimal.toUpperCase() });
  refuses(t, log, correction(WITHDRAWAL, { data }), [
    '/data/replacement/data/demand',
    `"${hexadecimal.toUpperCase()}"`,
    'the id in lower case',
  ]);
});

t.test('a correction is not blamed for what has become impossible since', async (t) => {
  const answered = { ...answer('2024-11-15', { demands: [DEMAND, JOINT] }), id: ANSWER };
  const fewer = answer('2024-11-15', { demands: [JOINT, DEMAND] }).data;
  const late = worldWith(answered, withdrawal('2024-11-14'));
  accepts(t, late, correction(ANSWER, { source: { title: 'A better report' } }), 'withdrawn meanwhile');
  accepts(t, late, correction(ANSWER, { data: fewer }), 'in whatever order they are named');
  const gone = worldWith(answered, retraction(DEMAND));
  accepts(t, gone, correction(ANSWER, { occurred: '2024-11-16' }), 'the demand was taken back meanwhile');
  accepts(t, gone, correction(ANSWER, { data: answer('', { demands: [JOINT] }).data }));
});

t.test('and is blamed for what it newly brings about', async (t) => {
  const answered = { ...answer('2024-11-15', { demands: [JOINT] }), id: ANSWER };
  refuses(
    t,
    worldWith(answered, withdrawal('2024-11-14')),
    correction(ANSWER, { data: answer('', { demands: [JOINT, DEMAND] }).data }),
    ['/data/replacement/data/demands/1', ...isWithdrawn('2024-11-14')],
  );
  refuses(
    t,
    worldWith(answered, retraction(DEMAND)),
    correction(ANSWER, { data: answer('', { demands: [JOINT, DEMAND] }).data }),
    ['/data/replacement/data/demands/1', /retracted by event/, 'an event that still stands'],
  );
});
