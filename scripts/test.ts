// `npm test [tap arguments]`: makes the databases of the run, runs tap, and closes with the line "N passed, N failed".
// Fails when nothing passed or a test file holds no test: tap itself is content with both.
import { runTap, stopTap } from './tap-run.ts';
import { createTestDatabase } from './test-database.ts';

// From the first moment on: a run that is interrupted takes its databases with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopTap);

const database = await createTestDatabase();
try {
  const { exitCode, report } = await runTap(process.argv.slice(2), {
    TEST_DATABASE_URL: database.url,
    TEST_DATABASE_TEMPLATE: database.template,
  });
  const { passed, failed } = countsOf(report);
  const empty = [...report.matchAll(/^ok \d+ - (.*) # SKIP no tests found$/gm)].map((match) => match[1]);
  if (empty.length) console.log(`\nNo test was found in ${empty.join(', ')}: give it one or remove it.`);
  if (passed === 0) console.log('\nNot a single assertion passed, so this run proves nothing.');
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = exitCode || (passed === 0 || failed > 0 || empty.length > 0 ? 1 : 0);
} finally {
  await database.drop();
}

/** Tap ends its report with its own counts of assertions: `# { total: 8, pass: 5, fail: 3 }`. */
function countsOf(report: string): { passed: number; failed: number } {
  const line = report.match(/^# \{ total: .*\}$/gm)?.at(-1) ?? '';
  const count = (name: string) => Number(new RegExp(` ${name}: (\\d+)`).exec(line)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail') };
}
