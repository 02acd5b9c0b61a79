// Which run answers the questions to a projection at this node: the live one of the code's own version; while that is built, one
// of another version whose tables are the same; or the scratch run of a what-if, where one is asked for.
import { sql } from 'kysely';
import type { LogStore } from '../events/log-database.ts';
import type { Projection } from './projection.ts';
import { shapeOf } from './schema.ts';

export interface AnsweringRun {
  projection: string;
  id: number;
  schema: string;
  role: 'live' | 'scratch';
  /** Whether it is of the version that the code has; another one answers only until that is built. */
  isOwnVersion: boolean;
  checkpoint: number;
  /** The sequence of the event that it cannot take, as the code that leads it is. */
  failed: number | null;
}

/** A run, and how far it is. */
export interface Standing {
  run: number;
  checkpoint: number;
}

/** No run can answer: the read model is being built, or a what-if does not hold it. */
export class NoRunAnswers extends Error {
  readonly isPassing: boolean;

  constructor(message: string, { isPassing }: { isPassing: boolean }) {
    super(message);
    this.isPassing = isPassing;
  }
}

export class AnsweringRuns {
  readonly log: LogStore;
  readonly #known = new Map<string, AnsweringRun>();
  /** Live runs that have answered a question, and are noted as such. */
  readonly #answered = new Set<number>();
  readonly #last = new Map<string, Standing>();

  constructor(log: LogStore) {
    this.log = log;
  }

  /** The run that answers for the projection; in the scratch version of a rebuild, where that is given. */
  async runOf(projection: Projection, rebuild: number | null): Promise<AnsweringRun> {
    if (rebuild !== null) return this.#scratch(projection, rebuild);
    const known = this.#known.get(projection.name);
    if (known?.isOwnVersion) return known;
    const [found] = await this.live([projection]);
    if (!found) throw await this.#notBuilt(projection);
    this.#known.set(projection.name, found);
    return found;
  }

  /** It does not answer any more. */
  forget({ projection }: AnsweringRun): void {
    this.#known.delete(projection);
  }

  /** The live runs that answer for these projections, as they stand now; none where one is being built. */
  async live(projections: readonly Projection[]): Promise<AnsweringRun[]> {
    const names = projections.map(({ name }) => name);
    const versions = projections.map(({ version }) => version);
    const shapes = projections.map(shapeOf);
    const { rows } = await sql<AnsweringRun>`
      select distinct on (r.projection) r.projection, r.id, r.schema_name as schema, r.role, r.version = w.version as "isOwnVersion",
             r.checkpoint, case when r.lease_until > clock_timestamp() then r.failed_sequence end as failed
        from unnest(${names}::text[], ${versions}::int[], ${shapes}::text[]) w(projection, version, shape)
        join ${sql.id(this.log.schema, 'projection_run')} r on r.projection = w.projection
       where r.role = 'live' and (r.version = w.version or r.shape = w.shape)
       order by r.projection, r.version = w.version desc, r.version desc`.execute(this.log.db);
    return rows;
  }

  /** The live run that was the last to answer for a projection, and the furthest that its answers have reached. */
  lastAnswer(projection: string): Standing | undefined {
    return this.#last.get(projection);
  }

  /** Notes that a run has answered, and how far that reached: what stood before a live run is not needed any more. */
  async noteAnswer({ projection, id, role }: AnsweringRun, checkpoint: number): Promise<void> {
    if (role !== 'live') return;
    const last = this.#last.get(projection);
    if (last?.run !== id || last.checkpoint < checkpoint) this.#last.set(projection, { run: id, checkpoint });
    if (this.#answered.has(id)) return;
    const run = sql.id(this.log.schema, 'projection_run');
    // A question does not wait for whoever writes the run at this moment: one of the next will note it.
    const { rows } = await sql`
      update ${run} set answered = coalesce(answered, clock_timestamp())
       where id = (select r.id from ${run} r where r.id = ${id} for update skip locked)
      returning id`.execute(this.log.db);
    if (rows.length > 0) this.#answered.add(id);
  }

  async #scratch(projection: Projection, rebuild: number): Promise<AnsweringRun> {
    const { name, version } = projection;
    const db = this.log.db.withSchema(this.log.schema);
    const run = await db
      .selectFrom('projection_run')
      .select(['id', 'schema_name', 'checkpoint'])
      // What other code has built can be asked where its tables are the same.
      .where((eb) => eb.or([eb('version', '=', version), eb('shape', '=', shapeOf(projection))]))
      .where('rebuild', '=', rebuild)
      .where('projection', '=', name)
      .where('role', '=', 'scratch')
      .executeTakeFirst();
    if (run) {
      const { id, schema_name: schema, checkpoint } = run;
      return { projection: name, id, schema, role: 'scratch', isOwnVersion: true, checkpoint, failed: null };
    }
    const found = await db
      .selectFrom('rebuild')
      .select(['state', 'projections'])
      .where('id', '=', rebuild)
      .executeTakeFirst();
    const isPassing = found?.state === 'running' && found.projections.includes(name);
    throw new NoRunAnswers(whyNot(rebuild, name, found), { isPassing });
  }

  async #notBuilt({ name, version }: Projection): Promise<NoRunAnswers> {
    const failed = await this.log.db
      .withSchema(this.log.schema)
      .selectFrom('projection_run')
      .select(['failed_sequence', 'rebuild'])
      .where('projection', '=', name)
      .where('version', '=', version)
      .where('role', '=', 'building')
      .orderBy('id', 'desc')
      .executeTakeFirst();
    const reason =
      failed && failed.failed_sequence !== null
        ? `cannot be built: it has stopped at event ${failed.failed_sequence}, see /v1/projections`
        : `is being built${failed?.rebuild ? `, see /v1/rebuilds/${failed.rebuild}` : ''}`;
    return new NoRunAnswers(`${name} ${reason}.`, { isPassing: true });
  }
}

function whyNot(rebuild: number, name: string, found: { state: string; projections: string[] } | undefined): string {
  if (!found) return `There is no rebuild ${rebuild}.`;
  if (!found.projections.includes(name))
    return `Rebuild ${rebuild} is of ${found.projections.join(', ')}, and this question is answered from ${name}.`;
  if (found.state === 'scratch') return `Rebuild ${rebuild} was built by another version of the code.`;
  if (found.state === 'running') return `Rebuild ${rebuild} is still being built, see /v1/rebuilds/${rebuild}.`;
  return `Rebuild ${rebuild} cannot be asked: it is ${found.state.replace('_', ' ')}. A what-if is what keeps its tables.`;
}
