// What holds for every event type, present and future: its example can be recorded, it is described, and it keeps the promises
// of a type.
import t from 'tap';
import { z } from 'zod';
import { cameoCodes, quadClasses } from '../src/domain/codings/cameo.ts';
import type { EventContent } from '../src/domain/event.ts';
import type { EventType } from '../src/domain/event-type.ts';
import { CallHeld } from '../src/domain/event-types.ts';
import { ABOUT_EVENTS } from '../src/domain/fact.ts';
import { coding } from '../src/domain/source.ts';
import { upcast } from '../src/domain/upcast.ts';
import { eventTypes, findEventType } from '../src/domain/vocabulary.ts';
import { Recorder } from '../src/events/recorder.ts';
import { buildApp } from '../src/http/app.ts';
import { actor } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';
import { type Draft, idOf } from './support/oracle-log.ts';
import { AFTERWARDS, emptyLog, exampleOf, registered, slugsIntroducedBy, stories } from './support/stories.ts';

t.test('the example of every type is a valid event, and nothing is added to it', async (t) => {
  for (const type of eventTypes) t.same(type.content.parse(exampleOf(type)), exampleOf(type), type.type);
});

t.test('the example of every type is recorded through the API and reads back as it was sent', async (t) => {
  const { access, log, registry, projector, feed } = await startDemarche(t);
  const recorder = new Recorder({ log, registry, now: () => AFTERWARDS, onRecorded: () => projector.wake() });
  const app = await buildApp({ access, log, registry, projector, recorder, feed, checkResponses: true });
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
    t.same(body.defaultCoding?.cameo ?? null, cameo);
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

/** The values that a schema lists, a number that has few as such; `undefined` where the field may be left out. */
function valuesOf(schema: unknown, example?: unknown): unknown[] {
  if (schema instanceof z.ZodOptional) {
    const values = valuesOf(schema.unwrap(), example);
    return values.length > 0 ? [...values, undefined] : [];
  }
  if (schema instanceof z.ZodObject) return inEveryWay(schema, (example ?? {}) as Data);
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (!(schema instanceof z.ZodNumber)) return [];
  const [first, last] = [schema.minValue ?? -Infinity, schema.maxValue ?? Infinity];
  return last - first < 10 ? Array.from({ length: last - first + 1 }, (_, n) => first + n) : [];
}

type Data = Record<string, unknown>;

/** The object with all the values that its schema lists, in every combination. */
function inEveryWay({ shape }: z.ZodObject, example: Data): Data[] {
  return Object.entries(shape).reduce(
    (ways, [field, schema]) => {
      const values = valuesOf(schema, example[field]);
      return values.length === 0 ? ways : ways.flatMap((way) => values.map((value) => ({ ...way, [field]: value })));
    },
    [example],
  );
}

const variantsOf = ({ data, example }: EventType) => inEveryWay(data, example.data);

/** Laws, elections and the economy: facts that CAMEO has no code for. */
const isUncoded = ({ type }: EventType, { kind, category }: Data) =>
  (type === 'LegalActTaken' && ['obligation', 'law', 'other'].includes(kind as string)) ||
  (type === 'ContextRecorded' && ['electoral', 'economic', 'other'].includes(category as string));

t.test('every interaction has a CAMEO code by default, whatever it says of all it may say', async (t) => {
  for (const type of eventTypes) {
    const isInteraction = type.family !== 'registry' && type.family !== 'about';
    for (const data of variantsOf(type)) {
      const cameo = type.cameo(data);
      const what = `${type.type}: ${cameo} for ${JSON.stringify(data)}`;
      if (isInteraction && !isUncoded(type, data)) t.ok(typeof cameo === 'string' && cameoCodes.has(cameo), what);
      else t.equal(cameo, null, what);
    }
  }
  const listed = (name: string) => variantsOf(findEventType(name)!).length;
  t.same(
    ['AidChanged', 'ReactionIssued', 'CallHeld', 'PositionStated'].map(listed),
    [4 * 5 * 4, 5, 3 * 3, 3 + 1],
    'all there is was said',
  );
});

/** The default code for each of the values that a field may have; null where CAMEO has none. */
const DEFAULTS: [type: string, field: string, codes: Record<string, string | null>][] = [
  ['MeetingHeld', 'format', { bilateral: '040', multilateral: '040', summit: '040', visit: '042' }],
  ['AttendanceDeclared', 'decision', { attends: '036', declines: '125' }],
  [
    'DemandStated',
    'force',
    { appeal: '020', urge: '020', demand: '100', insist: '100', condition: '100', ultimatum: '139' },
  ],
  ['DemandAnswered', 'answer', { accepted: '080', partly_met: '080', refused: '120' }],
  ['ProposalTabled', 'stage', { exploring: '014', tabled: '030' }],
  ['ProposalAnswered', 'answer', { accepted: '030', partly_met: '030', refused: '120' }],
  [
    'ThreatIssued',
    'threat',
    { military: '138', sanctions: '1312', relations: '1313', aid: '1311', negotiations: '134', other: '130' },
  ],
  [
    'CommitmentMade',
    'kind',
    { military_aid: '0332', economic_aid: '0331', humanitarian_aid: '0333', talks: '036', cooperation: '030' },
  ],
  [
    'CommitmentUpdated',
    'status',
    { in_the_works: '014', stalled: '012', compromised: '080', kept: '060', broken: '120', withdrawn: '120' },
  ],
  ['AgreementReached', 'stage', { draft: '030', initialled: '057', signed: '057' }],
  [
    'LegalActTaken',
    'kind',
    { arrest_warrant: '173', annexation: '192', ruling: '116', obligation: null, law: null, other: null },
  ],
  [
    'RelationsChanged',
    'change',
    { recognised: '054', upgraded: '050', reduced: '161', expelled: '166', broken_off: '161' },
  ],
  [
    'ContextRecorded',
    'category',
    { military: '150', electoral: null, economic: null, cooperation: '060', other: null },
  ],
];

const AID = {
  military: { started: '072', increased: '072', unchanged: '072', reduced: '1622', stopped: '1622' },
  economic: { started: '071', increased: '071', unchanged: '071', reduced: '1621', stopped: '1621' },
  humanitarian: { started: '073', increased: '073', unchanged: '073', reduced: '1623', stopped: '1623' },
  undefined: { started: '070', increased: '070', unchanged: '070', reduced: '162', stopped: '162' },
};

/** Those that have one code whatever they say. */
const ALWAYS = {
  CallHeld: '041',
  EncounterAnnounced: '036',
  EncounterCancelled: '125',
  StatementMade: '010',
  PositionStated: '010',
  PositionWithdrawn: '010',
  DemandWithdrawn: '080',
  ConcessionMade: '080',
  NegotiationProposed: '036',
  NegotiationOpened: '046',
  NegotiationSuspended: '164',
  NegotiationResumed: '046',
  NegotiationAbandoned: '164',
  NegotiationConcluded: '046',
  SanctionImposed: '163',
};

function cameo(type: string, data: object): string | null {
  return findEventType(type)!.cameo(data as Record<string, unknown>);
}

t.test('the default CAMEO code follows what is said', async (t) => {
  for (const [type, field, codes] of DEFAULTS) {
    const schema = findEventType(type)!.data.shape[field];
    const values = valuesOf(schema).filter((value) => value !== undefined) as string[];
    const given = Object.fromEntries(values.map((value) => [value, cameo(type, { [field]: value })]));
    t.same(given, codes, type);
  }
  for (const [kind, codes] of Object.entries(AID))
    for (const [direction, code] of Object.entries(codes))
      t.equal(cameo('AidChanged', { ...(kind !== 'undefined' && { kind }), direction }), code, `${kind} ${direction}`);
  t.same(
    [-2, -1, 0, 1, 2].map((sentiment) => cameo('ReactionIssued', { sentiment })),
    ['111', '111', '010', '051', '051'],
  );
  for (const [type, code] of Object.entries(ALWAYS))
    t.same(new Set(variantsOf(findEventType(type)!).map((data) => cameo(type, data))), new Set([code]), type);
  t.same(
    ['MeetingHeld', 'ProposalTabled', 'CommitmentMade'].map((type) => cameo(type, {})),
    ['040', '030', '030'],
    'where nothing is said',
  );
  const told = [...DEFAULTS.map(([type]) => type), ...Object.keys(ALWAYS), 'AidChanged', 'ReactionIssued'];
  const ofWorld = eventTypes.filter(({ family }) => family !== 'registry' && family !== 'about');
  t.same(told.toSorted(), ofWorld.map(({ type }) => type).toSorted(), 'every type is told of');
});

t.test('the table of CAMEO codes is whole, and its codes are texts', async (t) => {
  t.equal(cameoCodes.size, 312);
  for (const [code, row] of cameoCodes) {
    t.match(code, /^\d{2,4}$/);
    t.ok(row.goldstein >= -10 && row.goldstein <= 10, `${code}: ${row.goldstein}`);
    t.ok(row.name.length > 3 && quadClasses.includes(row.quadClass), `${code}: ${row.name}`);
    if (row.plover) t.match(row.plover.type, /^[A-Z]+$/, code);
  }
  const roots = [...cameoCodes.keys()].filter((code) => code.length === 2);
  t.same(
    roots.toSorted(),
    Array.from({ length: 20 }, (_, n) => String(n + 1).padStart(2, '0')),
  );
  t.same(
    ['01', '010', '10', '100'].map((code) => cameoCodes.get(code)?.name),
    ['Make public statement', 'Make statement', 'Demand', cameoCodes.get('100')!.name],
    '010 is not 10',
  );
  t.same(
    ['010', '10', '163'].map((code) => cameoCodes.get(code)!.goldstein),
    [0, -5, -8],
  );
});

t.test('a coding with a code that is not in the table is refused', async (t) => {
  const { post } = await startDemarche(t);
  const call = { type: 'CallHeld', ...CallHeld.example };
  const expected = 'a CAMEO code as text, two to four digits, such as 041';
  const unheardOf = ['999', '10 ', ' 10', '1', '00', '0', '21', '0100', '41', '041\n', '０４１', ''];
  for (const cameo of [...unheardOf, 10, 41, null, ['041'], 'toString', '0'.repeat(1_000)]) {
    t.notOk(coding.safeParse({ cameo, codedBy: 'An analyst' }).success, JSON.stringify(cameo));
    const { status, body } = await post('/v1/events', { ...call, coding: { cameo, codedBy: 'An analyst' } });
    t.match({ status, body }, { status: 400, body: { errors: [{ pointer: '/coding/cameo' }] } });
    if (unheardOf.includes(cameo as string)) t.match(body.errors, [{ expected }], JSON.stringify(cameo));
  }
  const byNobody = await post('/v1/events', { ...call, coding: { cameo: '041' } });
  t.match(byNobody, { status: 400, body: { errors: [{ pointer: '/coding/codedBy' }] } });
});

t.test('a coding that was chosen is shown with who chose it, and with what follows from the code', async (t) => {
  const demarche = await startDemarche(t);
  const { post, get } = demarche;
  await demarche.record(actor('germany', 'state'), actor('russia', 'state'));
  const call = { type: 'CallHeld', occurred: '2024-11-15', data: { participants: ['germany', 'russia'] } };
  const byDefault = {
    codedBy: 'default',
    cameo: '041',
    name: 'Discuss by telephone',
    goldstein: 1,
    quadClass: 'verbal_cooperation',
    plover: { type: 'CONSULT', mode: 'phone', contexts: [] },
  };
  const occupied = {
    codedBy: 'An analyst',
    cameo: '192',
    name: 'Occupy territory',
    goldstein: -9.5,
    quadClass: 'material_conflict',
    plover: { type: 'COERCE', mode: 'seize', contexts: ['military'] },
  };
  const demanded = { codedBy: 'An analyst', cameo: '10', name: 'Demand', goldstein: -5, plover: null };
  const said = { codedBy: 'An analyst', cameo: '010', name: 'Make statement', goldstein: 0, plover: null };
  for (const shown of [byDefault, occupied, demanded, said]) {
    const { cameo, codedBy } = shown;
    const posted = await post('/v1/events', { ...call, ...(shown !== byDefault && { coding: { cameo, codedBy } }) });
    t.match(posted, { status: 201, body: { coding: shown } }, 'in the answer to POST');
    const { id, sequence } = posted.body;
    const read = await get(`/v1/events/${id}?minSequence=${sequence}`);
    t.same(read.body.coding, posted.body.coding, 'in GET');
    const list = await get(`/v1/events?minSequence=${sequence}`);
    t.same(list.body.items.find((item: { id: string }) => item.id === id).coding, posted.body.coding, 'in the list');
  }
  const registered = await post('/v1/events', actor('ukraine', 'state'));
  t.equal(registered.body.coding, null, 'a registration is no interaction');
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

t.test('what is about another event is of the family that says so', async (t) => {
  const about = eventTypes.filter(({ family }) => family === 'about').map(({ type }) => type);
  t.same(about.toSorted(), ABOUT_EVENTS.toSorted());
});
