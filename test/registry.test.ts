// What holds for every event type, present and future: its example can be recorded, it is described, and it keeps the promises
// of a type.
import t from 'tap';
import type { EventContent } from '../src/domain/event.ts';
import type { EventType } from '../src/domain/event-type.ts';
import { CallHeld } from '../src/domain/registry.ts';
import { coding } from '../src/domain/source.ts';
import { upcast } from '../src/domain/upcast.ts';
import { eventTypes, findEventType } from '../src/domain/vocabulary.ts';
import { Recorder } from '../src/events/recorder.ts';
import { buildApp } from '../src/http/app.ts';
import { actor, issue } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { type Draft, idOf, MemoryLog } from './support/oracle-log.ts';

/** After everything that the examples tell. */
const TODAY = new Date('2030-01-01T12:00:00Z');

const exampleOf = ({ type, example }: EventType): Draft => ({ type, ...example });
const referencesOf = (type: EventType) => type.references(exampleOf(type) as unknown as EventContent);
const emptyLog = () => new MemoryLog(TODAY.toISOString().slice(0, 10));

/** Everything that the examples name, registered: by an example where there is one for it, else in the simplest way. */
function registryStory(): Draft[] {
  const examples = eventTypes.filter(({ family }) => family === 'registry').map(exampleOf);
  const introduced = new Set(examples.flatMap(slugsIntroducedBy));
  const references = eventTypes.flatMap(referencesOf).filter(({ target }) => !introduced.has(target));
  const slugs = (kind: string) => [...new Set(references.filter((to) => to.kind === kind).map(({ target }) => target))];
  return inPossibleOrder([...slugs('actor').map((slug) => actor(slug)), ...slugs('issue').map(issue), ...examples]);
}

function slugsIntroducedBy({ type, data }: Draft): unknown[] {
  const { actor, issue } = data as Record<string, unknown>;
  return type === 'ActorRegistered' ? [actor] : type === 'IssueOpened' ? [issue] : [];
}

/** The events in an order in which each may be recorded after those before it. */
function inPossibleOrder(drafts: Draft[]): Draft[] {
  const log = emptyLog();
  const ordered: Draft[] = [];
  for (let waiting = drafts; waiting.length > 0;) {
    const taken = waiting.filter((draft) => log.take(draft));
    if (taken.length === 0) throw new Error(`No order lets these be recorded: ${JSON.stringify(waiting)}`);
    ordered.push(...taken);
    waiting = waiting.filter((draft) => !taken.includes(draft));
  }
  return ordered;
}

const registered = registryStory();

/**
 * The example of a type, after the events that it points at. These get ids from `first` on, and are the first examples
 * after which it may be recorded.
 */
function storyOf(type: EventType, first: number): Draft[] {
  const targets = [...new Set(referencesOf(type).flatMap(({ kind, target }) => (kind === 'event' ? [target] : [])))];
  const text = JSON.stringify(exampleOf(type));
  const example = JSON.parse(targets.reduce((all, id, n) => all.replaceAll(id, idOf(first + n)), text)) as Draft;
  for (const candidate of eventTypes.filter(pointsAtNoEvent)) {
    const before = targets.map((_, n) => ({ ...exampleOf(candidate), id: idOf(first + n) }));
    const log = emptyLog().record(...registered);
    if (before.every((draft) => log.take(draft)) && log.take(example)) return [...before, example];
  }
  throw new Error(`After no other example may that of ${type.type} be recorded.`);
}

function pointsAtNoEvent(type: EventType): boolean {
  return referencesOf(type).every(({ kind }) => kind !== 'event');
}

/** By type: its example last. Those of the registry family are told already. */
const stories = new Map(
  eventTypes.map((type, n) => [type, type.family === 'registry' ? [exampleOf(type)] : storyOf(type, 1_000 + n * 10)]),
);

t.test('the example of every type is a valid event, and nothing is added to it', async (t) => {
  for (const type of eventTypes) t.same(type.content.parse(exampleOf(type)), exampleOf(type), type.type);
});

t.test('the example of every type is recorded through the API and reads back as it was sent', async (t) => {
  const { log, registry, projector } = await startDemarche(t);
  const recorder = new Recorder({ log, registry, now: () => TODAY, onRecorded: () => projector.wake() });
  const app = await buildApp({ log, registry, projector, recorder, checkResponses: true });
  t.teardown(() => app.close());
  const told = new Set<string>();
  const ofWorld = [...stories].flatMap(([type, drafts]) => (type.family === 'registry' ? [] : drafts));
  for (const draft of [...registered, ...ofWorld]) {
    const posted = await app.inject({ method: 'POST', url: '/v1/events', payload: draft });
    t.equal(posted.statusCode, 201, `${draft.type}: ${posted.body}`);
    const { sequence, id } = posted.json<{ sequence: number; id: string }>();
    const read = await app.inject({ url: `/v1/events/${id}?minSequence=${sequence}` });
    const { occurred, ...event } = read.json<Record<string, unknown>>();
    t.match(event, { ...draft, id, occurred: undefined, retracted: null }, draft.type);
    t.match(occurred, { edtf: draft.occurred });
    told.add(draft.type);
  }
  t.equal(told.size, eventTypes.length);
});

t.test('every type is in the vocabulary and in the OpenAPI document', async (t) => {
  const { get } = await startDemarche(t);
  const { body: document } = await get('/openapi.json');
  const { schemas } = document.components;
  const listed = await get('/v1/event-types');
  const names = eventTypes.map(({ type }) => type);
  t.same(
    listed.body.items.map(({ type }: { type: string }) => type),
    names,
  );
  const references = names.map((type) => `#/components/schemas/${type}`);
  t.same(
    schemas.NewEvent.oneOf.map(({ $ref }: { $ref: string }) => $ref),
    references,
  );
  t.same(schemas.NewEvent.discriminator, {
    propertyName: 'type',
    mapping: Object.fromEntries(names.map((type, n) => [type, references[n]])),
  });
  for (const type of eventTypes) {
    t.match(schemas[type.type], { description: type.summary, examples: [exampleOf(type)] }, type.type);
    t.match(schemas[`${type.type}Data`], { type: 'object', additionalProperties: false });
    const { body } = await get(`/v1/event-types/${type.type}`);
    t.same(body.example, exampleOf(type));
    t.match(body, { type: type.type, family: type.family, version: type.version, summary: type.summary });
    t.match(body.schema, { $ref: `#/$defs/${type.type}` });
    const cameo = type.cameo(type.example.data);
    t.same(body.defaultCoding, cameo === null ? null : { cameo });
  }
});

t.test('a field that no type has is refused, with the nearest that it has', async (t) => {
  const { post } = await startDemarche(t);
  for (const type of eventTypes) {
    const [field] = Object.keys(type.example.data) as [string];
    const misspelt = `${field}${field.at(-1)}`;
    const data = { ...type.example.data, [misspelt]: 1 };
    const { status, body } = await post('/v1/events', { ...exampleOf(type), data, grades: {} });
    t.equal(status, 400);
    const refused = body.errors.map(({ pointer, expected }: { pointer: string; expected: string }) => [
      pointer,
      expected,
    ]);
    t.match(
      refused.toSorted(),
      [
        [`/data/${misspelt}`, `; the nearest is "${field}"`],
        ['/grades', '; the nearest is "grade"'],
      ],
      type.type,
    );
    t.equal(refused.length, 2);
  }
});

t.test('every fact about the world has a CAMEO code by default, as text of two to four digits', async (t) => {
  for (const type of eventTypes) {
    const cameo = type.cameo(type.example.data);
    const isInteraction = type.family !== 'registry' && type.family !== 'about';
    t.equal(cameo !== null, isInteraction, type.type);
    if (cameo !== null) t.ok(coding.safeParse({ cameo, codedBy: 'default' }).success, `${type.type}: ${cameo}`);
  }
});

function cameo(type: string, data: object): string | null {
  return findEventType(type)!.cameo(data as Record<string, unknown>);
}

t.test('the default CAMEO code follows what is said', async (t) => {
  t.same(
    ['appeal', 'urge', 'demand', 'insist', 'condition', 'ultimatum'].map((force) => cameo('DemandStated', { force })),
    ['020', '020', '100', '100', '100', '139'],
  );
  t.same(
    [-2, -1, 0, 1, 2].map((sentiment) => cameo('ReactionIssued', { sentiment })),
    ['111', '111', '010', '051', '051'],
  );
  t.same(
    ['bilateral', 'visit'].map((format) => cameo('MeetingHeld', { format })),
    ['040', '042'],
  );
});

t.test('the data of every former version becomes valid data of today', async (t) => {
  for (const { type, data, upcasts, version } of eventTypes) {
    t.equal(version, upcasts.length + 1);
    for (const [index, { example }] of upcasts.entries()) {
      const today = upcast(type, index + 1, example);
      t.same(data.parse(today), today, `${type} ${index + 1}`);
    }
  }
  const { example } = CallHeld.upcasts[0]!;
  t.match(upcast('CallHeld', 1, example), { channel: 'telephone', topics: ['the war'], topic: undefined });
});

t.test('what a newer version wrote is refused', async (t) => {
  for (const { type, version, example } of eventTypes) {
    t.same(upcast(type, version, example.data), example.data);
    t.throws(() => upcast(type, version + 1, example.data), { code: 'newer_than_this_code' }, type);
  }
  t.throws(() => upcast('TreatyRatified', 1, {}), { message: /does not know that type\). Upgrade Demarche/ });
});

/** The texts in a value, each with its JSON Pointer. */
function textsIn(value: unknown, pointer = ''): [pointer: string, text: string][] {
  if (typeof value === 'string') return [[pointer, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => textsIn(part, `${pointer}/${key}`));
}

function withText(value: unknown, [step, ...rest]: string[], text: string): unknown {
  if (step === undefined) return text;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  return Object.assign(copy, { [step]: withText(copy[step], rest, text) });
}

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

function leadingNowhere(reference: string): string {
  return /^[0-9a-f]{8}-/.test(reference) ? idOf(999_999) : 'nobody-knows-this';
}

t.test('every slug and every id in an event is followed, and refused where it leads nowhere', async (t) => {
  for (const [type, story] of stories) {
    const log = emptyLog().record(...registered, ...story.slice(0, -1));
    const example = story.at(-1)!;
    const followed = textsIn(example).flatMap(([pointer, text]) => {
      if (!SLUG.test(text)) return [];
      const changed = withText(example, pointer.split('/').slice(1), leadingNowhere(text)) as Draft;
      // Words of a list that is not open are not references.
      if (!type.content.safeParse(changed).success) return [];
      const isIntroduced = slugsIntroducedBy(example).includes(text);
      t.match(log.violations(changed), isIntroduced ? [] : [{ pointer }], `${type.type} ${pointer}`);
      return isIntroduced ? [] : [pointer];
    });
    const found = type.references(example as unknown as EventContent).map(({ pointer }) => pointer);
    t.same(found.toSorted(), followed.toSorted(), type.type);
  }
});

function references(type: string, event: object): string[] {
  const found = findEventType(type)!.references(event as EventContent);
  return found.map(({ kind, target, pointer }) => `${kind} ${target} ${pointer}`);
}

t.test('references are found wherever they stand, each with its kind', async (t) => {
  const speaker = 'ukraine';
  t.same(references('ReactionIssued', { data: { speaker, to: { kind: 'event', event: idOf(1) } } }), [
    'actor ukraine /data/speaker',
    `event ${idOf(1)} /data/to/event`,
  ]);
  t.same(references('ReactionIssued', { data: { speaker, to: { kind: 'conduct', of: 'russia', description: 'x' } } }), [
    'actor ukraine /data/speaker',
    'actor russia /data/to/of',
  ]);
  const replacement = {
    data: { participants: ['a', 'b'] },
    stance: { issue: 'x', position: 1 },
    attribution: [{ actor: 'c' }],
  };
  t.same(references('EventCorrected', { data: { event: idOf(1), replacement } }), [
    `event ${idOf(1)} /data/event`,
    'issue x /data/replacement/stance/issue',
    'actor c /data/replacement/attribution/0/actor',
  ]);
  const call = {
    data: { participants: ['a', 'b'], issues: ['x', 'y'] },
    attribution: [{ label: 'a paper' }, { actor: 'c' }],
    causationId: idOf(2),
  };
  t.same(references('CallHeld', call), [
    'actor a /data/participants/0',
    'actor b /data/participants/1',
    'issue x /data/issues/0',
    'issue y /data/issues/1',
    'actor c /attribution/1/actor',
    `event ${idOf(2)} /causationId`,
  ]);
});
