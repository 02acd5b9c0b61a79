// The log's proof: that it holds, that an event is in it, and that one head goes on from another.
import { z } from 'zod';
import { LogTree, type EventProof } from '../../events/log-tree.ts';
import { readHead } from '../../events/read-log.ts';
import { BEGINNING, CHECKS, verifyLog, type Check } from '../../events/verify-log.ts';
import type { Api, App } from '../api.ts';
import { digits, eventPath, REQUIRED, sequence } from '../parameters.ts';
import { fieldProblem, Problem } from '../problem.ts';
import { answer, problems } from '../responses.ts';

/** So many events are verified in a few seconds. */
const MOST_VERIFIED = 20_000;

/** How long an answer waits for hashes of the tree that have yet to be worked out. */
const DEADLINE_MS = 5_000;

const HASH = '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9';
const hashText = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits in lower case');

const trustedHead = z.object({ sequence: z.int(), hash: z.string() });
const verification = z
  .object({
    verified: trustedHead.meta({
      description:
        'The last event that holds. Go on with it as `afterSequence` and `hash`; nothing holds before sequence 1.',
    }),
    head: z.int().meta({ description: 'The last sequence of the log.' }),
    complete: z.boolean().meta({ description: 'Whether the whole log after the trusted head holds.' }),
    fault: z
      .object({
        sequence: z.int().meta({ description: 'The first that does not hold.' }),
        checks: z.array(z.object({ check: z.enum(Object.keys(CHECKS) as [Check, ...Check[]]), meaning: z.string() })),
      })
      .nullable(),
  })
  .meta({
    id: 'LogVerification',
    examples: [{ verified: { sequence: 42, hash: HASH }, head: 42, complete: true, fault: null }],
  });

const rootShape = {
  sequence: z.int(),
  hash: z.string().meta({ description: 'The chain hash.' }),
  root: z.string().meta({ description: 'The root of the Merkle tree (RFC 9162) over the chain hashes up to there.' }),
};
const EXAMPLE_ROOT = {
  sequence: 1,
  hash: HASH,
  root: '3c1d2ae7f3ae4a7a2aa9a3c9e1d4d2c0d0f2a4a0f6e7b1d7b0f3a3c4f5e6d7c8',
};
const root = z.object(rootShape).meta({ id: 'LogRoot', examples: [EXAMPLE_ROOT] });

const proof = z
  .object({
    id: z.string(),
    sequence: z.int(),
    content: z
      .string()
      .nullable()
      .meta({ description: 'The event as it was sent, in canonical JSON (RFC 8785); null where it was redacted.' }),
    contentHash: z.string().meta({ description: 'SHA-256 of the content.' }),
    place: z.array(z.string()).meta({
      description:
        'Sequence, stream, version, type version, what it corrects, when it was recorded and by whom: joined by newlines, they go into the chain hash.',
    }),
    previous: z.string().meta({ description: 'The chain hash of the event before.' }),
    hash: z.string().meta({ description: 'SHA-256 of previous, content hash and place: the entry of the tree.' }),
    index: z.int().meta({ description: 'The place of the entry in the tree, counted from 0.' }),
    size: z.int().meta({ description: 'The entries of the tree: the sequence of the head.' }),
    path: z.array(z.string()).meta({ description: 'The inclusion path, from the leaf up (RFC 9162, 2.1.3).' }),
    root: z.string().meta({ description: 'Compare it with the root that you have kept, not with this one.' }),
  })
  .meta({
    id: 'EventProof',
    examples: [
      {
        id: '01932c00-0000-7000-8000-000000000001',
        sequence: 2,
        content: '{"data":{"issue":"territorial-settlement"},"type":"IssueOpened"}',
        contentHash: HASH,
        place: ['2', 'issue-territorial-settlement', '1', '1', '', '2024-11-16T08:00:00.000Z', 'local'],
        previous: HASH,
        hash: HASH,
        index: 1,
        size: 2,
        path: [HASH],
        root: EXAMPLE_ROOT.root,
      },
    ],
  });

const consistency = z
  .object({
    from: root,
    to: root,
    path: z.array(z.string()).meta({ description: 'The consistency path (RFC 9162, 2.1.4).' }),
  })
  .meta({
    id: 'LogConsistency',
    examples: [{ from: EXAMPLE_ROOT, to: { ...EXAMPLE_ROOT, sequence: 2 }, path: [HASH] }],
  });

export function proofRoutes(app: App, { log }: Api): void {
  const tree = new LogTree(log, DEADLINE_MS);

  /** A sequence that the log holds; its end where none is meant. */
  async function headMeant(parameter: string, meant: number | undefined): Promise<number> {
    const { sequence: end } = await readHead(log);
    if ((meant ?? end) <= end) return meant ?? end;
    throw fieldProblem('invalid_request', [
      { parameter, found: String(meant), expected: `a sequence up to ${end}, where the log ends` },
    ]);
  }

  app.get(
    '/v1/log/verification',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'verifyLog',
        tags: ['Log'],
        summary: 'Verify the log',
        description:
          'Works out the hashes of the events after a trusted head anew, from the rows as they are stored, and names the first sequence ' +
          'that does not hold. It begins at the beginning, or after a head that you trust: one that an earlier answer has verified, or ' +
          'one that you have kept (then a log whose end was cut off is found as well). While `complete` is false and there is no ' +
          'fault, go on with `verified`.',
        querystring: z.strictObject({
          afterSequence: sequence.meta({
            description: 'The sequence of the trusted head; the beginning where it is left out.',
          }),
          hash: hashText.optional().meta({ description: 'The chain hash of the trusted head.' }),
          limit: digits(z.int().min(1).max(MOST_VERIFIED).default(5_000)).meta({
            description: `Events to verify at most, 1 to ${MOST_VERIFIED}.`,
          }),
        }),
        response: { 200: answer(verification, 'How far the log holds.'), ...problems() },
      },
    },
    async ({ query: { afterSequence = 0, hash, limit } }) => {
      if (afterSequence > 0 && hash === undefined)
        throw fieldProblem('invalid_request', [
          { parameter: 'hash', expected: 'the chain hash of the trusted head beside afterSequence' },
        ]);
      const trusted = { sequence: afterSequence, hash: hash ?? BEGINNING.hash };
      const { verified, head, fault } = await verifyLog(log, trusted, limit);
      const checks = fault?.checks.map((check) => ({ check, meaning: CHECKS[check] })) ?? [];
      const complete = fault === null && verified.sequence === head;
      return { verified, head, complete, fault: fault && { sequence: fault.sequence, checks } };
    },
  );

  app.get(
    '/v1/log/root',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getLogRoot',
        tags: ['Log'],
        summary: 'What the log is proven against',
        description:
          'The chain hash and the Merkle root of the log up to a sequence, or as it is. Keep it where nobody who can write the database ' +
          'can write: later, the log and every event in it are proven against it.',
        querystring: z.strictObject({
          sequence: sequence.meta({ description: 'The last sequence; that of the log where it is left out.' }),
        }),
        response: { 200: answer(root, 'The head with its root.'), ...problems('not_built_yet') },
      },
    },
    async ({ query }) => tree.rootAt(await headMeant('sequence', query.sequence)),
  );

  app.get(
    '/v1/log/consistency',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getLogConsistency',
        tags: ['Log'],
        summary: 'That the log has only grown',
        description:
          'A consistency proof (RFC 9162): the log up to `from` is how the log up to `to` began. Compare both roots with those that you have kept.',
        querystring: z.strictObject({
          from: digits(z.int().min(1)).meta({ description: 'The earlier sequence.', examples: [1], param: REQUIRED }),
          to: sequence.meta({ description: 'The later one; the end of the log where it is left out.' }),
        }),
        response: { 200: answer(consistency, 'The two heads and the path between.'), ...problems('not_built_yet') },
      },
    },
    async ({ query }) => {
      const to = await headMeant('to', query.to);
      if (query.from > to)
        throw fieldProblem('invalid_request', [
          { parameter: 'from', found: String(query.from), expected: `a sequence up to ${to}` },
        ]);
      return tree.consistency(query.from, to);
    },
  );

  app.get(
    '/v1/events/:id/proof',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'proveEvent',
        tags: ['Log'],
        summary: 'Prove that an event is in the log',
        description:
          'Everything that it takes to work out the Merkle root from the event as it was sent: docs/prove-event.mjs does it without a network.',
        params: eventPath,
        querystring: z.strictObject({
          head: sequence.meta({ description: 'Under the log up to this sequence; as it is where it is left out.' }),
        }),
        response: { 200: answer(proof, 'The proof.'), ...problems('not_found', 'not_built_yet') },
      },
    },
    async ({ params: { id }, query }) => {
      const head = await headMeant('head', query.head);
      const found: EventProof | { sequence: number } | undefined = await tree.proofOf(id, head);
      if (!found) throw new Problem('not_found', `No event ${id} was recorded.`);
      if ('root' in found) return found;
      throw fieldProblem('invalid_request', [
        { parameter: 'head', found: String(head), expected: `${found.sequence} or later, where the event is` },
      ]);
    },
  );
}
