// API keys: made, listed, revoked; by an admin.
import { z } from 'zod';
import { createKey, readKeys, revokeKey, unknownIssues } from '../../access/access-keys.ts';
import { expiryMeant } from '../../access/expiry.ts';
import { ROLES } from '../../access/role.ts';
import { slug } from '../../domain/reference.ts';
import { text } from '../../domain/text.ts';
import type { Api, App } from '../api.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { cursor, digits, limit } from '../parameters.ts';
import { parseBody } from '../parse-body.ts';
import { fieldProblem, Problem } from '../problem.ts';
import { answer, problems } from '../responses.ts';

const EXAMPLE_KEY = {
  id: 7,
  name: 'desk',
  role: 'recorder',
  issues: ['nato-membership'],
  created: '2024-11-16T08:00:00.000Z',
  createdBy: 'key:1',
  expires: '2030-12-31T23:59:59.999Z',
  revoked: null,
  revokedBy: null,
};

const role = z.enum(ROLES).meta({
  description: '`reader` asks; `recorder` also records; `admin` also rebuilds read models, and makes and revokes keys.',
});

const keyShape = {
  id: z.int().meta({ description: 'Events that it records name it as `key:7`.' }),
  name: z.string(),
  role,
  issues: z
    .array(z.string())
    .nullable()
    .meta({ description: 'What it records names these issues alone; null for no limit.' }),
  created: z.string(),
  createdBy: z.string(),
  expires: z.string().nullable().meta({ description: 'When it is good no more; null for never.' }),
  revoked: z.string().nullable(),
  revokedBy: z.string().nullable(),
};
const key = z.object(keyShape).meta({ id: 'AccessKey', examples: [EXAMPLE_KEY] });
const newKey = z
  .object({
    ...keyShape,
    key: z.string().meta({ description: 'What to send as `Authorization: Bearer …`. It is never told again.' }),
  })
  .meta({ id: 'NewAccessKey', examples: [{ ...EXAMPLE_KEY, key: 'demarche_7_…' }] });
const keyList = z
  .object({
    items: z.array(key),
    next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
  })
  .meta({ id: 'AccessKeyList', examples: [{ items: [EXAMPLE_KEY], next: null }] });

const keyRequest = z
  .strictObject({
    name: text(200).meta({ description: 'Whose it is, or what it is for.' }),
    role,
    issues: z.array(slug).min(1).max(100).optional().meta({
      description:
        'For a recorder: what it records must name one of these issues at least, and no other. It reads everything, as every key does.',
    }),
    expires: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })], 'expected a day or an RFC 3339 date and time')
      .optional()
      .meta({
        description: 'When it is good no more: a day (at its end, UTC), or an RFC 3339 date and time.',
      }),
  })
  .meta({
    id: 'AccessKeyRequest',
    examples: [{ name: 'desk', role: 'recorder', issues: ['nato-membership'], expires: '2030-12-31' }],
  });

const keyPath = z.object({
  id: digits(z.int().min(1)).meta({ description: 'The id of a key.', examples: [EXAMPLE_KEY.id] }),
});

export function keyRoutes(app: App, { access, log }: Api): void {
  app.post(
    '/v1/keys',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'createKey',
        tags: ['Access'],
        summary: 'Make an API key',
        description:
          'The key is in this answer and nowhere else: only its SHA-256 is kept. From the first key on every request needs one.',
        querystring: z.strictObject({}),
        body: keyRequest,
        response: {
          201: answer(newKey, 'The key.', { Location: 'Where it can be revoked.' }),
          ...problems('invalid_json', 'unsupported_media_type', 'payload_too_large'),
        },
      },
    },
    async (request, reply) => {
      const { name, role: asked, issues = null, expires } = parseBody(keyRequest, request.body);
      if (issues && asked !== 'recorder')
        throw fieldProblem('invalid_request', [
          {
            pointer: '/issues',
            found: `a limit for a key of role ${asked}`,
            expected: 'one for a recorder: it limits what is recorded',
          },
        ]);
      await requireIssues(issues ?? []);
      const made = await createKey(log, {
        name,
        role: asked,
        issues,
        expires: expires === undefined ? null : requireToCome(expires),
        createdBy: request.caller!.name,
      });
      await access.look();
      // No cache is to keep it.
      void reply.header('cache-control', 'no-store').header('location', `/v1/keys/${made.key.id}`);
      return reply.code(201).send({ ...made.key, key: made.text });
    },
  );

  app.get(
    '/v1/keys',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'listKeys',
        tags: ['Access'],
        summary: 'All API keys',
        description: 'The newest first, also those that were revoked or have expired.',
        querystring: z.strictObject({ limit, cursor }),
        response: { 200: answer(keyList, 'A page of keys.'), ...problems() },
      },
    },
    async ({ url, query }) => {
      const before = readCursor({ url, query }, z.int().min(1));
      const found = await readKeys(log, { before, limit: query.limit + 1 });
      const items = found.slice(0, query.limit);
      return { items, next: found.length > query.limit ? writeCursor({ url, query }, items.at(-1)!.id) : null };
    },
  );

  app.delete(
    '/v1/keys/:id',
    {
      config: { role: 'admin' },
      schema: {
        operationId: 'revokeKey',
        tags: ['Access'],
        summary: 'Revoke an API key',
        description:
          'It is refused at once by this node, and about a second later by every other; whoever follows the log with it is cut off. It stays listed.',
        params: keyPath,
        querystring: z.strictObject({}),
        response: { 200: answer(key, 'The key as it is now.'), ...problems('not_found') },
      },
    },
    async ({ params: { id }, caller }) => {
      const revoked = await revokeKey(log, id, caller!.name);
      if (!revoked) throw new Problem('not_found', `There is no key ${id}.`);
      await access.look();
      return revoked;
    },
  );

  async function requireIssues(issues: readonly string[]): Promise<void> {
    const unknown = new Set(await unknownIssues(log, issues));
    const errors = issues.flatMap((issue, place) =>
      unknown.has(issue) ? [{ pointer: `/issues/${place}`, found: `"${issue}"`, expected: 'an open issue' }] : [],
    );
    if (errors.length > 0) throw fieldProblem('invalid_request', errors);
  }
}

function requireToCome(text: string): string {
  const expires = expiryMeant(text)!;
  if (Date.parse(expires) > Date.now()) return expires;
  throw fieldProblem('invalid_request', [{ pointer: '/expires', found: `"${text}"`, expected: 'a time to come' }]);
}
