// Answers about issues: their wording on a day, and how it came about.
import { sql } from 'kysely';
import { intervalOf } from './table.ts';
import { issues } from './issues.ts';
import type { Moment } from './moment.ts';
import { asKnown, ReadModel, type Asked } from './read-model.ts';

export interface IssueView {
  issue: string;
  proposition: string;
  description: string | null;
  wordings: { proposition: string; description: string | null; occurred: string; event: string }[];
}

export class Issues {
  readonly #model: ReadModel<typeof issues.tables>;

  constructor(asked: Asked) {
    this.#model = new ReadModel(asked, issues);
  }

  /** Issues by slug, after a slug, `limit` at most. */
  async list(moment: Moment, after: string, limit: number): Promise<{ sequence: number; items: IssueView[] }> {
    const opened = this.#model.tables
      .selectFrom('wording')
      .select('issue')
      .where(asKnown(moment.knownAt))
      .where('opening', '=', true)
      .where('issue', '>', after)
      .orderBy('issue')
      .limit(limit);
    const { sequence, wordings } = await this.#model.ask({
      wordings: this.#wordings(moment).where('issue', 'in', opened),
    });
    const items = [...Map.groupBy(wordings, ({ issue }) => issue).values()].map((rows) => viewOf(rows, moment.at));
    return { sequence, items };
  }

  async find(issue: string, moment: Moment): Promise<{ sequence: number; item: IssueView | null }> {
    const { sequence, wordings } = await this.#model.ask({
      wordings: this.#wordings(moment).where('issue', '=', issue),
    });
    return { sequence, item: wordings.some(({ opening }) => opening) ? viewOf(wordings, moment.at) : null };
  }

  #wordings({ knownAt }: Moment) {
    return this.#model.tables
      .selectFrom('wording')
      .selectAll()
      .where(asKnown(knownAt))
      .orderBy('issue')
      .orderBy(sql`opening desc, earliest, latest, sequence`);
  }
}

type Wording = {
  issue: string;
  proposition: string;
  description: string | null;
  occurred: string;
  event: string;
  earliest: string;
  latest: string;
};

/** The words in force on a day are the last that began by then; those it was opened with, where none had. */
function viewOf(wordings: Wording[], at: string | null): IssueView {
  const inForce =
    wordings.findLast((wording) => at === null || (intervalOf(wording).earliest ?? '') <= at) ?? wordings[0]!;
  return {
    issue: inForce.issue,
    proposition: inForce.proposition,
    description: inForce.description,
    wordings: wordings.map(({ proposition, description, occurred, event }) => ({
      proposition,
      description,
      occurred,
      event,
    })),
  };
}
