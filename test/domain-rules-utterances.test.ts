// Whose words an utterance is, and who acts on whom: what holds for all that is said and done.
import t from 'tap';
import { eventTypes, findEventType } from '../src/domain/vocabulary.ts';
import { principalsOf, speakersOf } from '../src/domain/utterance.ts';
import { CAST, office } from './support/cast.ts';
import { idOf, MemoryLog } from './support/oracle-log.ts';
import { accepts, correction, event, refuses } from './support/rules.ts';
import { stories } from './support/stories.ts';

const UNKNOWN = idOf(999);
const world = () => new MemoryLog().record(...CAST);
const sayings = eventTypes.filter(({ data }) => 'speaker' in data.shape);
const joinable = eventTypes.filter(({ data }) => 'jointlyWith' in data.shape);

function joined(type: (typeof eventTypes)[number], more: object) {
  const example = stories.get(type)!.at(-1)!;
  return { ...example, data: { ...example.data, ...more } };
}

t.test('everything said can be said together, and what is done together too', async (t) => {
  t.same(
    joinable.filter((type) => !sayings.includes(type)).map(({ type }) => type),
    ['LegalActTaken', 'RelationsChanged', 'SanctionImposed'],
  );
  t.same(
    sayings.filter((type) => !joinable.includes(type)).map(({ type }) => type),
    [],
  );
  t.equal(sayings.length, 12);
});

t.test('nobody says something together with oneself, nor with whom one speaks for', async (t) => {
  const others = 'expected others than the speaker, and than whom it speaks for';
  for (const type of sayings) {
    const { speaker } = type.example.data as { speaker: string };
    const problems = (more: object) => type.content.safeParse(joined(type, more)).error?.issues ?? [];
    t.match(
      problems({ jointlyWith: ['brazil', speaker] }),
      [{ path: ['data', 'jointlyWith'], message: others }],
      type.type,
    );
    t.match(problems({ onBehalfOf: 'russia', jointlyWith: ['russia'] }), [{ message: others }], type.type);
    t.match(problems({ jointlyWith: ['brazil', 'brazil'] }), [{ message: /each actor once/ }], type.type);
    t.match(problems({ jointlyWith: [] }), [{ path: ['data', 'jointlyWith'] }], type.type);
    t.same(problems({ onBehalfOf: undefined, jointlyWith: ['brazil', 'china'] }), [], type.type);
  }
});

t.test('nobody acts together with oneself', async (t) => {
  const did = { actor: 'germany', targets: ['russia'], kind: 'other', change: 'reduced' };
  for (const [type, { kind, change, ...data }] of [
    ['LegalActTaken', { ...did, change: undefined }],
    ['RelationsChanged', { ...did, kind: undefined }],
    ['SanctionImposed', { ...did, kind: undefined, change: undefined }],
  ] as const) {
    const act = (more: object) =>
      event(type, '2024-11-15', { ...data, ...(kind && { kind }), ...(change && { change }), ...more });
    refuses(t, world(), act({ jointlyWith: ['ukraine', 'germany'] }), [
      '/data/jointlyWith/1',
      'the actor',
      'others than the actor',
    ]);
    refuses(t, world(), act({ jointlyWith: ['nobody'] }), ['/data/jointlyWith/0', '"nobody"', 'a registered actor']);
    accepts(t, world(), act({ jointlyWith: ['ukraine'] }));
    accepts(t, world(), act({}));
    const log = world().record({ ...act({ jointlyWith: ['ukraine'] }), id: UNKNOWN });
    refuses(t, log, correction(UNKNOWN, { data: act({ jointlyWith: ['germany'] }).data }), [
      '/data/replacement/data/jointlyWith/0',
      'the actor',
      'others than the actor',
    ]);
  }
});

t.test('sanctions and relations are those with somebody; a law need not be', async (t) => {
  const act = (type: string, more: object) => event(type, '2024-11-15', { actor: 'germany', ...more });
  refuses(t, world(), act('SanctionImposed', {}), ['/data/targets', '', /array/]);
  refuses(t, world(), act('RelationsChanged', { change: 'reduced' }), ['/data/targets', '', /array/]);
  accepts(t, world(), act('LegalActTaken', { kind: 'law' }));
  accepts(t, world(), event('ContextRecorded', '2024-11-15', { category: 'electoral' }), 'nobody’s doing');
  refuses(
    t,
    world(),
    event('ContextRecorded', '2024-11-15', { category: 'military', actors: ['x'], targets: ['y'] }),
    ['/data/actors/0', '"x"', 'a registered actor'],
    ['/data/targets/0', '"y"', 'a registered actor'],
  );
});

t.test('what is said together is said by each, and the first alone may lend the voice', async (t) => {
  t.same(speakersOf({ speaker: 'kremlin', onBehalfOf: 'russia', jointlyWith: ['germany', 'ukraine'] }), [
    { speaker: 'kremlin', onBehalfOf: 'russia' },
    { speaker: 'germany', onBehalfOf: null },
    { speaker: 'ukraine', onBehalfOf: null },
  ]);
  t.same(speakersOf({ speaker: 'germany' }), [{ speaker: 'germany', onBehalfOf: null }]);
  t.same(speakersOf({}), [], 'a call has no speaker');
});

t.test('what is said together counts for whom each speaks for on that day, once for each', async (t) => {
  const { known } = world().record(
    office('OfficeVacated', 'olaf-scholz', 'Federal Chancellor', 'germany', '2024-11-10'),
  );
  const principals = (data: object, occurred = '2024-11-09') =>
    principalsOf(event('StatementMade', occurred, data), known);
  t.same(principals({ speaker: 'olaf-scholz', jointlyWith: ['vladimir-putin', 'ukraine'] }), [
    'germany',
    'russia',
    'ukraine',
  ]);
  t.same(principals({ speaker: 'olaf-scholz', jointlyWith: ['ukraine'] }, '2024-11-10'), ['olaf-scholz', 'ukraine']);
  t.same(principals({ speaker: 'kremlin', jointlyWith: ['vladimir-putin'] }), ['russia'], 'both speak for one');
  t.same(principals({ speaker: 'kremlin', onBehalfOf: 'olaf-scholz' }), ['germany']);
  t.same(principals({ participants: ['germany', 'russia'] }), []);
});

t.test('each who speaks acts towards those it is said to, and each who acts towards its targets', async (t) => {
  const dyad = (type: string, data: object) => findEventType(type)!.dyad!(data as Record<string, unknown>);
  for (const { type } of sayings) {
    if (type === 'CommitmentMade') continue;
    t.same(
      dyad(type, { speaker: 'kremlin', onBehalfOf: 'russia', jointlyWith: ['china'], addressees: ['nato', 'ukraine'] }),
      { from: ['russia', 'china'], to: ['nato', 'ukraine'] },
      type,
    );
    t.same(dyad(type, { speaker: 'russia' }), { from: ['russia'], to: [] }, type);
  }
  for (const type of ['LegalActTaken', 'RelationsChanged', 'SanctionImposed'])
    t.same(dyad(type, { actor: 'germany', jointlyWith: ['france'], targets: ['russia'] }), {
      from: ['germany', 'france'],
      to: ['russia'],
    });
  const both = { from: ['a', 'b'], to: ['a', 'b'] };
  t.same(dyad('CommitmentMade', { speaker: 'a', jointlyWith: ['b'] }), both, 'they promise each other');
  t.same(dyad('CommitmentMade', { speaker: 'a', jointlyWith: ['b'], addressees: ['c'] }).to, ['c', 'a', 'b']);
  t.same(dyad('CommitmentMade', { speaker: 'a', addressees: ['c'] }), { from: ['a'], to: ['c'] });
  t.same(dyad('CallHeld', { participants: ['a', 'b'] }), both);
  t.same(dyad('MeetingHeld', { participants: ['a', 'b'] }), both);
  t.same(dyad('EncounterAnnounced', { expected: ['a', 'b'], absent: ['c'] }), both);
  t.same(dyad('AgreementReached', { parties: ['a', 'b'] }), both);
  t.same(dyad('NegotiationSuspended', { by: 'a', parties: ['a', 'b'] }), { from: ['a'], to: ['a', 'b'] });
  t.same(dyad('NegotiationResumed', { negotiation: UNKNOWN }), { from: [], to: [] });
  t.same(dyad('AttendanceDeclared', { actor: 'a', forum: 'g20' }), { from: ['a'], to: ['g20'] });
  t.same(dyad('AttendanceDeclared', { actor: 'a' }), { from: ['a'], to: [] });
  t.same(dyad('AidChanged', { donor: 'a', recipient: 'b' }), { from: ['a'], to: ['b'] });
  t.same(dyad('ContextRecorded', { actors: ['a'], targets: ['b'] }), { from: ['a'], to: ['b'] });
  t.same(dyad('ContextRecorded', {}), { from: [], to: [] });
});
