// Issues: propositions that one can agree or disagree with.
import { z } from 'zod';
import type { Api, App } from '../api.ts';
import { reflected } from '../asking.ts';
import { readCursor, slugCursor } from '../cursor.ts';
import { pageOf, sequence, toPage } from '../page.ts';
import { cursor, issuePath, limit, moment } from '../parameters.ts';
import { Problem } from '../problem.ts';
import { requireIssue } from '../require-slug.ts';
import { answer, pageAnswer, problems } from '../responses.ts';

const WORDING = { proposition: 'Ukraine should be able to join NATO', description: null };
const EXAMPLE_ISSUE = {
  issue: 'nato-membership',
  ...WORDING,
  wordings: [{ ...WORDING, occurred: '2024-11-15', event: '01932c00-0000-7000-9000-000000000040' }],
};

const words = { proposition: z.string(), description: z.string().nullable() };
const issueShape = {
  issue: z.string(),
  ...words,
  wordings: z
    .array(z.object({ ...words, occurred: z.string(), event: z.string() }))
    .meta({ description: 'All words it has had, the first ones first.' }),
};
const issue = z.object(issueShape).meta({ id: 'Issue', examples: [EXAMPLE_ISSUE] });
const issueAnswer = z
  .object({ ...issueShape, sequence })
  .meta({ id: 'IssueAnswer', examples: [{ ...EXAMPLE_ISSUE, sequence: 42 }] });

export function issueRoutes(app: App, api: Api): void {
  app.get(
    '/v1/issues',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'listIssues',
        tags: ['Actors and issues'],
        summary: 'List issues',
        description: 'All issues, by slug, in the words they have on the day asked for.',
        querystring: z.strictObject({ ...moment, limit, cursor }),
        response: {
          200: pageAnswer(pageOf(issue, 'IssuePage', EXAMPLE_ISSUE), 'A page of issues.'),
          ...problems('not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async (request, reply) => {
      const { limit: size } = request.query;
      const asked = await api.asking.prepare('issues', request.query);
      const found = await api.models(asked).issues.list(asked, readCursor(request, slugCursor) ?? '', size + 1);
      return toPage(request, reply, reflected(found, asked), size, (item) => item.issue);
    },
  );

  app.get(
    '/v1/issues/:issue',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getIssue',
        tags: ['Actors and issues'],
        summary: 'One issue',
        description: 'Its proposition on the day asked for, and all words it has had.',
        params: issuePath,
        querystring: z.strictObject(moment),
        response: {
          200: answer(issueAnswer, 'The issue.'),
          ...problems('not_found', 'not_yet_reflected', 'not_built_yet'),
        },
      },
    },
    async ({ params, query }) => {
      const asked = await api.asking.prepare('issues', query);
      const { item, sequence: reached } = reflected(await api.models(asked).issues.find(params.issue, asked), asked);
      if (item) return { ...item, sequence: reached };
      await requireIssue(api.registry, params.issue);
      throw new Problem('not_found', `The issue "${params.issue}" was not known at sequence ${reached}.`);
    },
  );
}
