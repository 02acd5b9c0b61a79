// Answers that were given before, kept as long as nothing has been applied to the read model that they came from. Whoever asks the
// same again, or asks on the condition that it has changed, costs the database nothing; those who ask the same at once, once.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Standing } from '../projections/answering-runs.ts';
import type { Projector } from '../projections/projector.ts';
import type { App } from './api.ts';

/** So much memory the answers may take, all together; and their ETags, which are kept for longer, for whoever has the text. */
const MOST_BYTES = 64_000_000;
const MOST_ETAG_BYTES = 16_000_000;

/** What an entry takes beside its text, about; a character takes two bytes where one is beyond Latin. */
const ENTRY_BYTES = 500;
const CHARACTER_BYTES = 2;

/** What is told of an answer that has not changed. */
interface Tag {
  /** How far the read model was when the question came: the answer reflects no less. */
  standing: Standing;
  etag: string;
}

interface Answer extends Tag {
  body: string;
  link: string | undefined;
}

/** A question on its way to its answer. */
interface Asked {
  standing: Standing;
  answered: PromiseWithResolvers<Answer | undefined>;
}

export class RememberedAnswers {
  readonly #projector: Projector;
  readonly #answers = new LRUCache<string, Answer>({
    maxSize: MOST_BYTES,
    sizeCalculation: ({ body }, url) => ENTRY_BYTES + CHARACTER_BYTES * (body.length + url.length),
  });
  readonly #tags = new LRUCache<string, Tag>({
    maxSize: MOST_ETAG_BYTES,
    sizeCalculation: (_, url) => ENTRY_BYTES + CHARACTER_BYTES * url.length,
  });
  readonly #underWay = new Map<string, Asked>();

  constructor(projector: Projector) {
    this.#projector = projector;
  }

  /** Routes of this scope, and of no other, answer from one read model. Register it before what makes ETags and what makes of them 304. */
  remember(scope: App, projection: string): void {
    const asking = new WeakMap<FastifyRequest, Asked>();
    scope.addHook('onRequest', async (request, reply) => {
      if (!isLasting(request)) return;
      const standing = await this.#projector.standing(projection);
      if (!standing || isAhead(request, standing)) return;
      const { url } = request;
      const tag = at(standing, this.#tags.get(url));
      if (tag && request.headers['if-none-match'] === tag.etag) return reply.code(304).header('etag', tag.etag).send();
      const same = at(standing, this.#underWay.get(url));
      const answer = at(standing, this.#answers.get(url)) ?? (same && (await same.answered.promise));
      if (answer) return send(answer, reply);
      const asked = { standing, answered: Promise.withResolvers<Answer | undefined>() };
      this.#underWay.set(url, asked);
      asking.set(request, asked);
    });
    scope.addHook('onSend', async (request, reply, payload) => {
      const asked = asking.get(request);
      if (!asked) return;
      // Also where whoever asked has gone away meanwhile: others may wait for the answer.
      asked.answered.resolve(this.#note(request.url, asked.standing, reply, payload));
      if (this.#underWay.get(request.url) === asked) this.#underWay.delete(request.url);
    });
  }

  #note(url: string, standing: Standing, reply: FastifyReply, body: unknown): Answer | undefined {
    if (reply.statusCode !== 200 || typeof body !== 'string') return undefined;
    const etag = `"${createHash('sha1').update(body).digest('base64')}"`;
    void reply.header('etag', etag);
    const answer = { standing, body, etag, link: reply.getHeader('link') as string | undefined };
    this.#answers.set(url, answer);
    this.#tags.set(url, { standing, etag });
    return answer;
  }
}

/** What is remembered, if the read model is where it was then. */
function at<T extends { standing: Standing }>({ run, checkpoint }: Standing, remembered: T | undefined): T | undefined {
  const isThere = remembered?.standing.run === run && remembered.standing.checkpoint === checkpoint;
  return isThere ? remembered : undefined;
}

/** Whether nothing but what is applied to the live read model changes the answer: what was known at a moment depends on the clock. */
function isLasting({ method, query }: FastifyRequest): boolean {
  const { knownAt, projectionRun } = query as Record<string, unknown>;
  const isOfSequence = knownAt === undefined || (typeof knownAt === 'string' && /^\d+$/.test(knownAt));
  return method === 'GET' && projectionRun === undefined && isOfSequence;
}

/** Whether the answer must wait for what is not applied yet: it cannot be remembered, and nobody waits for it twice. */
function isAhead({ query }: FastifyRequest, { checkpoint }: Standing): boolean {
  const { knownAt, minSequence } = query as Record<string, unknown>;
  return [knownAt, minSequence].some((sequence) => Number(sequence ?? 0) > checkpoint);
}

function send({ body, etag, link }: Answer, reply: FastifyReply): FastifyReply {
  void reply.type('application/json; charset=utf-8').header('etag', etag);
  if (link !== undefined) void reply.header('link', link);
  return reply.serializer((text: string) => text).send(body);
}
