// The loader for coded events of ICEWS: which rows tell of one fact, what each becomes, and that it adds nothing twice.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ACTORS, castEvents } from '../examples/icews/cast.ts';
import { eventsOfFact } from '../examples/icews/events-of-fact.ts';
import { factsOfRows, relationsOf } from '../examples/icews/facts-of-rows.ts';
import { readTable } from '../examples/icews/read-table.ts';
import { startDemarche } from './support/demarche.ts';
import { MemoryLog } from './support/oracle-log.ts';

const LOADER = fileURLToPath(new URL('../examples/icews.ts', import.meta.url));

const MAP = `relation,cameo_code,goldstein,event_type,subtype
Make statement,010,0,StatementMade,statement
"Appeal for diplomatic cooperation (such as policy support)",022,3.4,DemandStated,appeal
Express intent to meet or negotiate,036,4,EncounterAnnounced,intent_to_meet
Consult,040,1,MeetingHeld,consult
Discuss by telephone,041,1,CallHeld,telephone
Make a visit,042,1.9,MeetingHeld,visit
Host a visit,043,2.8,MeetingHeld,host
"Threaten with sanctions, boycott, embargo",1312,-5.8,ThreatIssued,non_force
Halt negotiations,164,-6.5,NegotiationSuspended,negotiation`;

/** The file, with a bar for each tab. */
const ROWS = `date|subject|relation|object|mentions
2022-03-01|Olaf Scholz|Discuss by telephone|Vladimir Putin|4
2022-03-01|Vladimir Putin|Discuss by telephone|Olaf Scholz|3
2022-03-02|Vladimir Putin|Make a visit|Olaf Scholz|1
2022-03-02|Olaf Scholz|Host a visit|Vladimir Putin|1
2022-03-02|Olaf Scholz|Make a visit|Vladimir Putin|1
2022-03-03|Germany|Host a visit|Ukraine|1
2022-03-04|Germany|Consult|Ukraine|1
2022-03-05|Ukraine|Consult|Germany|1
2022-03-06|Ukraine|Make statement|Russia|1
2022-03-06|Russia|Make statement|Ukraine|1
2022-03-07|Volodymyr Zelensky|Appeal for diplomatic cooperation (such as policy support)|Germany|2
2022-03-08|Germany|Threaten with sanctions, boycott, embargo|Russia|1
2022-03-09|Russia|Halt negotiations|Ukraine|1
2022-03-10|Russia|Play chess|Ukraine|1
2022-03-10|Russia|Consult|Atlantis|1`;

const EVENTS = ROWS.replaceAll('|', '\t');

t.test('What is coded once for each side is one fact', async (t) => {
  const { facts, unread } = read();
  t.same(
    facts.map(({ date, from, to, relation, mutual }) => [date, from, to, relation.cameo, mutual]),
    [
      ['2022-03-01', 'olaf-scholz', 'vladimir-putin', '041', true],
      ['2022-03-02', 'vladimir-putin', 'olaf-scholz', '042', true],
      ['2022-03-02', 'olaf-scholz', 'vladimir-putin', '042', false],
      ['2022-03-03', 'ukraine', 'germany', '043', false],
      ['2022-03-04', 'germany', 'ukraine', '040', false],
      ['2022-03-05', 'ukraine', 'germany', '040', false],
      ['2022-03-06', 'ukraine', 'russia', '010', false],
      ['2022-03-06', 'russia', 'ukraine', '010', false],
      ['2022-03-07', 'volodymyr-zelenskiy', 'germany', '022', false],
      ['2022-03-08', 'germany', 'russia', '1312', false],
      ['2022-03-09', 'russia', 'ukraine', '164', false],
    ],
  );
  t.same(unread, ['the map has no relation "Play chess"', 'no actor is known by the name "Atlantis"']);
});

t.test('The order in which the two sides come makes no difference', async (t) => {
  const [header, ...lines] = EVENTS.split('\n');
  const turned = factsOfRows(readTable([header, ...lines.toReversed()].join('\n'), 'tsv'), relations()).facts;
  const told = (facts: typeof turned) =>
    facts.map(({ key, mutual, mentions, relation }) => `${key} ${mutual} ${mentions} ${relation.cameo}`).toSorted();
  t.same(told(turned), told(read().facts));
});

t.test('Further mentions are reports of the fact, and the same reports are coded for both sides', async (t) => {
  const [call, reports, ...others] = events();
  t.match(call, {
    type: 'CallHeld',
    occurred: '2022-03-01',
    data: {
      participants: ['olaf-scholz', 'vladimir-putin'],
      summary: 'Olaf Scholz and Vladimir Putin: discuss by telephone',
    },
    coding: { cameo: '041', codedBy: 'ICEWS' },
  });
  t.match(reports, { type: 'EventCorroborated', data: { event: call!.id, reports: 3 } });
  t.same(
    others.filter(({ type }) => type === 'EventCorroborated').map(({ data }) => data['reports']),
    [1],
  );
});

t.test('A visit has its host, whichever side tells of it', async (t) => {
  const visits = events().filter(({ data }) => data['format'] === 'visit');
  t.same(
    visits.map(({ data, coding }) => [data['host'], coding?.cameo]),
    [
      ['olaf-scholz', '042'],
      ['vladimir-putin', '042'],
      ['germany', '043'],
    ],
  );
});

t.test('Every event type that a relation is mapped to gets data that can be recorded', async (t) => {
  const types = `
    010 StatementMade statement, 020 DemandStated appeal, 100 DemandStated demand, 139 DemandStated ultimatum,
    0332 CommitmentMade aid, 030 CommitmentMade cooperation, 037 ProposalTabled settle_dispute,
    036 EncounterAnnounced intent_to_meet, 040 MeetingHeld consult, 041 CallHeld telephone, 042 MeetingHeld visit,
    043 MeetingHeld host, 051 ReactionIssued praise, 052 ReactionIssued defence, 053 ReactionIssued rally_support,
    055 ReactionIssued apology, 056 ReactionIssued forgiveness, 111 ReactionIssued condemnation, 112 ReactionIssued accusation,
    113 ReactionIssued rally_opposition, 114 ReactionIssued formal_complaint, 054 RelationsChanged recognition,
    160 RelationsChanged relations, 166 RelationsChanged expulsion, 057 AgreementReached agreement, 072 AidChanged military,
    075 AidChanged asylum, 1621 AidChanged economic, 087 ConcessionMade material, 116 LegalActTaken verdict,
    173 LegalActTaken arrest_or_charge, 120 DemandAnswered refusal, 125 ProposalAnswered meeting_or_negotiation,
    138 ThreatIssued force, 130 ThreatIssued non_force, 163 SanctionImposed sanction, 164 NegotiationSuspended negotiation,
    190 ContextRecorded fighting, 145 ContextRecorded protest, 060 ContextRecorded material`;
  const map = types
    .split(',')
    .map((entry) => entry.trim().split(' '))
    .map(([cameo_code, event_type, subtype]) => ({
      relation: `relation ${cameo_code}`,
      cameo_code: cameo_code!,
      event_type: event_type!,
      subtype: subtype!,
    }));
  const rows = map.map(({ relation }) => ({
    date: '2022-03-01',
    subject: 'Russia',
    relation,
    object: 'Germany',
    mentions: '2',
  }));
  const { facts } = factsOfRows(rows, relationsOf(map));
  const log = new MemoryLog().record(...castEvents(Object.values(ACTORS)));
  t.equal(facts.length, map.length);
  for (const event of facts.flatMap(eventsOfFact)) t.ok(log.take({ ...event }), `${event.type} can be recorded`);
});

t.test('A second run adds nothing, and actors that are there already stay as they are', async (t) => {
  const demarche = await startDemarche(t);
  await demarche.record({
    type: 'ActorRegistered',
    occurred: '2022-01-01',
    data: { actor: 'germany', kind: 'state', name: 'Federal Republic' },
  });
  const folder = t.testdir({ 'events.tsv': EVENTS, 'map.csv': MAP });
  const url = await demarche.app.listen({ host: '127.0.0.1', port: 0 });
  const first = await runLoader(url, [`${folder}/events.tsv`, `${folder}/map.csv`]);
  t.match(first, {
    exitCode: 0,
    output:
      /Read 15 rows: 11 facts, 2 rows .*\nRecorded 21 events; 0 were there already\.\nRows not read: 2\n.*Play chess/,
  });
  t.match(first.output, 'Events refused: 0');
  const again = await runLoader(url, [`${folder}/events.tsv`, `${folder}/map.csv`]);
  t.match(again, { exitCode: 0, output: /Recorded 0 events; 13 were there already/ });
  t.equal((await demarche.get('/v1/actors/germany?minSequence=22')).body.name, 'Federal Republic');
  t.equal((await demarche.get('/v1/actors/olaf-scholz')).body.offices[0].of, 'germany');
});

t.test('Whoever calls it without the files, or without a server, is told what to do', async (t) => {
  const nowhere = 'http://127.0.0.1:9';
  t.match(await runLoader(nowhere, []), { exitCode: 1, output: 'Expected two files' });
  t.match(await runLoader(nowhere, ['no.tsv', 'no.csv']), { exitCode: 1, output: 'no.csv cannot be read' });
  const folder = t.testdir({ 'events.tsv': EVENTS, 'map.csv': MAP });
  const away = await runLoader(nowhere, [`${folder}/events.tsv`, `${folder}/map.csv`]);
  t.match(away, { exitCode: 1, output: 'No Demarche answers at http://127.0.0.1:9' });
});

function relations() {
  return relationsOf(readTable(MAP, 'csv'));
}

function read() {
  return factsOfRows(readTable(EVENTS, 'tsv'), relations());
}

function events() {
  return read().facts.flatMap(eventsOfFact);
}

function runLoader(url: string, files: string[]): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, DEMARCHE_URL: url };
    execFile(process.execPath, [LOADER, ...files], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}
