// The example that ships: a report of the Scholz–Putin call of 15 November 2024. What its series and changes must be was coded
// by hand, from the report and the rules, before there was anything to answer.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { startDemarche } from './support/demarche.ts';
import { idOf, itemsOf, nameOf, namesOf, startExample } from './support/example.ts';

const LOADER = fileURLToPath(new URL('../examples/load.ts', import.meta.url));

/** Principal, issue, fact, first and last possible day, position, firmness, change: what counts, series by series. */
const SERIES = `
donald-trump ceasefire E48 2024-01-01 2024-12-31 +1 firm new
germany direct-contact-with-putin E12 2024-11-01 2024-11-30 +1 flexible new
germany direct-contact-with-putin E28 2024-11-01 2024-11-30 +1 flexible reiterated
germany direct-contact-with-putin E46 2024-11-15 2024-11-15 +1 flexible reiterated
germany invasion-legality E33 2024-11-15 2024-11-15 -2 firm new
germany long-range-weapons E49 - 2024-11-30 -2 firm new
germany military-aid-to-ukraine E26 2024-11-15 2024-11-15 +2 firm new
germany negotiations E14 2024-11-15 2024-11-15 +2 firm new
germany north-korean-troops E35 2024-11-15 2024-11-15 -2 firm new
germany strikes-on-civilian-infrastructure E34 2024-11-15 2024-11-15 -2 firm new
germany troop-withdrawal E13 2024-11-15 2024-11-15 +2 firm new
germany victory-plan E50 2024-01-01 2024-12-31 -2 firm new
germany war-assessment E25 2024-11-15 2024-11-15 -2 - new
nato territorial-settlement E37 2024-01-01 2024-12-31 -2 firm new
russia direct-contact-with-putin E46 2024-11-15 2024-11-15 +1 flexible new
russia nato-role E36 2024-11-15 2024-11-15 -2 firm new
russia negotiations E19 2024-01-01 2024-12-31 +1 firm new
russia negotiations E31 2024-01-01 2024-12-31 +1 firm reiterated
russia negotiations E20 2024-08-01 2024-11-15 +1 firm hardened
russia territorial-settlement E30 2024-11-01 2024-11-30 +2 red_line new
russia territorial-settlement E15 2024-11-15 2024-11-15 +2 red_line reiterated
russia territorial-settlement E16 2024-11-15 2024-11-15 +2 red_line reiterated
russia territorial-settlement E17 2024-11-15 2024-11-15 +2 red_line reiterated
ukraine direct-contact-with-putin E38 2024-11-15 2024-11-15 -2 firm new
ukraine direct-contact-with-putin E39 2024-11-15 2024-11-15 -2 firm reiterated
ukraine direct-contact-with-putin E40 2024-11-15 2024-11-15 -2 firm reiterated
ukraine long-range-weapons E23 2024-01-01 2024-12-31 +2 firm new
ukraine nato-membership E22 2024-01-01 2024-12-31 +2 firm new
ukraine territorial-settlement E29 2024-11-01 2024-11-30 -2 red_line new
ukraine troop-withdrawal E21 2024-11-15 2024-11-15 +2 red_line new`;

/** Taken for what they are, and never for a position: an author's reading, judgements, an opinion. */
const UNCOUNTED = `
germany military-aid-to-ukraine E32 opinion
germany military-aid-to-ukraine E53 assessment
russia nato-membership E18 interpreted
russia territorial-settlement E27 assessment`;

/** What moved in the days up to 15 November 2024, or was first heard of. */
const MOVED = `
germany direct-contact-with-putin E12 new
russia territorial-settlement E30 new
ukraine territorial-settlement E29 new
germany invasion-legality E33 new
germany military-aid-to-ukraine E26 new
germany negotiations E14 new
germany north-korean-troops E35 new
germany strikes-on-civilian-infrastructure E34 new
germany troop-withdrawal E13 new
germany war-assessment E25 new
russia direct-contact-with-putin E46 new
russia nato-role E36 new
ukraine direct-contact-with-putin E38 new
ukraine troop-withdrawal E21 new`;

test('all seventy-two facts of the report are in it', async (t) => {
  const { demarche } = await startExample(t);
  const numbers = Array.from({ length: 72 }, (_, n) => `E${String(n + 1).padStart(2, '0')}`);
  t.same((await namesOf(demarche, '/v1/events?correlation=scholz-putin-call')).toSorted(), numbers);
});

test('every series of the report comes out as it was coded by hand', async (t) => {
  const { demarche } = await startExample(t);
  const counted: string[] = [];
  const uncounted: string[] = [];
  for (const { actor } of await itemsOf(demarche, '/v1/actors')) {
    for (const { issue } of await itemsOf(demarche, '/v1/issues')) {
      const { body } = await demarche.get(`/v1/positions/${actor}/${issue}`);
      for (const said of body.series) {
        const { earliest, latest } = said.occurred;
        const value = said.position > 0 ? `+${said.position}` : said.position;
        const name = nameOf(said.event);
        if (!said.counted) uncounted.push([actor, issue, name, said.modality].join(' '));
        else
          counted.push(
            [actor, issue, name, earliest ?? '-', latest, value, said.firmness ?? '-', said.change].join(' '),
          );
      }
    }
  }
  t.same(counted, linesOf(SERIES));
  t.same(uncounted, linesOf(UNCOUNTED));
});

test('what moved in November is told without what was only said again', async (t) => {
  const { demarche } = await startExample(t);
  const changes = await itemsOf(demarche, '/v1/changes?from=2024-11-01&to=2024-11-15');
  t.same(
    changes.map(({ principal, issue, event, change }) => `${principal} ${issue} ${nameOf(event)} ${change}`).toSorted(),
    linesOf(MOVED).toSorted(),
  );
  t.match(await itemsOf(demarche, '/v1/changes?from=2024-08-01&to=2024-08-31'), [
    { principal: 'russia', issue: 'negotiations', event: idOf('E20'), change: 'hardened' },
  ]);
});

test('where sources contradict the report, both accounts are kept', async (t) => {
  const { demarche } = await startExample(t);
  const disputed = await itemsOf(demarche, '/v1/evidence?disputed=true');
  t.same(
    disputed.map(({ fact }) => nameOf(fact.id)),
    ['E54', 'E55', 'E51', 'E09', 'E57', 'E53'],
  );
  t.match(disputed[3], {
    fact: { occurred: { edtf: '2024-06-16/2024-06-17' } },
    disputes: [{ by: 'switzerland', account: { occurred: '2024-06-15/2024-06-16' } }],
  });
});

test('the example loads over HTTP, a second time without effect, and says in a sentence what is wrong', async (t) => {
  const demarche = await startDemarche(t);
  const url = await demarche.app.listen({ host: '127.0.0.1', port: 0 });
  const first = await runLoader(url);
  t.match(first.output, /Recorded 138 events\.\n\nWhere russia stands on .*\n\ndate +change +position/);
  t.match(first.output, /2024-11-15 +reiterated +\+2 +red line +vladimir-putin +“realities on the ground” +kremlin/);
  t.match((await runLoader(url)).output, /All 138 events were there already/);

  const other = await startDemarche(t);
  await other.record({
    type: 'ActorRegistered',
    occurred: '2024',
    data: { actor: 'germany', kind: 'state', name: 'Germany' },
  });
  const refused = await runLoader(await other.app.listen({ host: '127.0.0.1', port: 0 }));
  t.match(refused, {
    exitCode: 1,
    output: /Line 1 of .* not recorded: event_refused\n {2}\/data\/actor: found "germany", which/,
  });
  t.match(await runLoader('http://127.0.0.1:1'), { exitCode: 1, output: /^No Demarche answers at .* Start one/ });
});

function linesOf(table: string): string[] {
  return table.trim().split('\n');
}

function runLoader(url: string): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, DEMARCHE_URL: url };
    execFile(process.execPath, [LOADER], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}
