// The whole way through: record facts, ask how a position evolved.
import { test } from 'tap';
import { CAST, position } from './support/cast.ts';
import { startDemarche } from './support/demarche.ts';

test('a recorded position is answered with its series and its evidence', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record(...CAST);
  const last = await demarche.record(
    position('vladimir-putin', 'territorial-settlement', 1, '2024-06-14'),
    position('kremlin', 'territorial-settlement', 2, '2024-11-15', { source: { title: 'A readout' } }),
  );
  const { status, body } = await demarche.get(`/v1/positions/russia/territorial-settlement?minSequence=${last}`);
  t.equal(status, 200);
  t.match(body, {
    sequence: last,
    current: { change: 'hardened', position: 2, direction: 'support', delta: 1, source: { title: 'A readout' } },
  });
  t.same(
    body.series.map(({ change, speaker }: { change: string; speaker: string }) => [speaker, change]),
    [
      ['vladimir-putin', 'new'],
      ['kremlin', 'hardened'],
    ],
  );
});
