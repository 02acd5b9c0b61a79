// Issues: propositions that one can agree or disagree with, in the words they have had.
import { parseOccurred } from '../domain/occurred.ts';
import { defineProjection } from './projection.ts';
import { boolean, day, dayBounds, table, text, textOrNull } from './table.ts';

export const issues = defineProjection({
  name: 'issues',
  version: 1,
  tables: {
    wording: table(
      {
        issue: text,
        proposition: text,
        description: textOrNull,
        opening: boolean,
        occurred: text,
        earliest: day,
        latest: day,
      },
      ['(issue, earliest)'],
    ),
  },
  handlers: {
    IssueOpened: ({ data, occurred }) => ({ wording: [wording(data, occurred, true)] }),
    IssueReworded: ({ data, occurred }) => ({ wording: [wording(data, occurred, false)] }),
  },
});

function wording(
  data: { issue: string; proposition: string; description?: string | undefined },
  occurred: string,
  opening: boolean,
) {
  const { issue, proposition, description = null } = data;
  return { issue, proposition, description, opening, occurred, ...dayBounds(parseOccurred(occurred)) };
}
