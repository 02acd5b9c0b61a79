// What became of demands, proposals, commitments, negotiations and encounters, against an oracle: generated logs are recorded and
// applied as they would be live, and every answer of the API is what plain code makes of the same events.
import t from 'tap';
import { startDemarche, type Demarche } from './support/demarche.ts';
import { ABOUT_ANYTHING, namesOf } from './support/generate-log.ts';
import {
  askAll,
  askOne,
  assertAtLeast,
  assertRebuilt,
  assertSame,
  eachHistory,
  type History,
  type Moment,
  sampleOf,
  shownGist,
} from './support/histories.ts';
import { type Data, KnownFacts } from './support/oracle-facts.ts';
import { aidOf, ledgerOf, type LedgerFilter, type LedgerName } from './support/oracle-ledgers.ts';

const LEDGERS: Record<LedgerName, { kinds: Record<string, number>; statuses: string[] }> = {
  demands: {
    kinds: { DemandStated: 7, DemandAnswered: 9, PositionStated: 5, DemandWithdrawn: 3, ProposalTabled: 1 },
    statuses: ['open', 'refused'],
  },
  proposals: {
    kinds: { ProposalTabled: 5, ProposalAnswered: 6, DemandAnswered: 4, DemandStated: 1 },
    statuses: ['open', 'partly_met'],
  },
  commitments: {
    kinds: { CommitmentMade: 4, CommitmentUpdated: 6, AidChanged: 6 },
    statuses: ['promised', 'kept', 'broken'],
  },
  negotiations: {
    kinds: {
      NegotiationProposed: 3,
      NegotiationOpened: 3,
      NegotiationSuspended: 2,
      NegotiationResumed: 2,
      NegotiationAbandoned: 1,
      NegotiationConcluded: 1,
      AgreementReached: 2,
    },
    statuses: ['open', 'suspended', 'agreed'],
  },
  encounters: {
    kinds: { EncounterAnnounced: 5, EncounterCancelled: 4, AttendanceDeclared: 3, CallHeld: 5, MeetingHeld: 4 },
    statuses: ['planned', 'held'],
  },
};

t.test('every ledger says what the recorded events make of it', async (t) => {
  const demarche = await startDemarche(t);
  for (const ledger of Object.keys(LEDGERS) as LedgerName[]) {
    await t.test(ledger, async () => {
      const { kinds, statuses } = LEDGERS[ledger];
      const recorded = await eachHistory(demarche, { ...kinds, ...ABOUT_ANYTHING }, 8, async (history) => {
        for (const moment of history.moments) await checkLedger(demarche, ledger, statuses, history, moment);
      });
      const known = new KnownFacts(recorded, null);
      const own = new Set(recorded.map(({ id }) => id));
      const items = await askAll(demarche, `/v1/${ledger}`, { limit: 100 });
      assertSame(items.filter(({ id }) => own.has(id)).map(shown), ledgerOf(known, ledger, null));
    });
  }
  await assertRebuilt(demarche, 'ledgers');
});

t.test('the generated logs take things through all that may become of them', async () => {
  const traits = (Object.keys(LEDGERS) as LedgerName[]).flatMap((ledger) =>
    sampleOf({ ...LEDGERS[ledger].kinds, ...ABOUT_ANYTHING }).flatMap((log) => {
      const known = new KnownFacts(log, null);
      const left = known.all.filter(({ data }) => pointers(data).some((id) => !known.find(id)));
      return [...ledgerOf(known, ledger, null).flatMap(traitsOf), ...left.map(() => 'steps of what was taken back')];
    }),
  );
  assertAtLeast(traits, {
    'several steps': 50,
    'several statuses': 30,
    'steps that set none': 50,
    'steps of what was taken back': 10,
    'steps dated before the opening': 50,
    'corrected steps': 25,
    'a corrected opening': 25,
    'a status that is not of the last step': 30,
    'several principals': 50,
    'is withdrawn': 5,
    'is cancelled': 5,
    'is ruled_out': 2,
    'is suspended': 2,
    'held as announced': 8,
    blocking: 5,
    'answered by some': 2,
    'answered in words': 15,
    delivery: 12,
    attendance: 8,
  });
});

/** What a step says it is a step of. */
function pointers({ demands, proposals, demand, commitment, encounter, announced, answers }: Data): string[] {
  const one = [demand, commitment, encounter, announced].filter((id) => id !== undefined);
  return [...one, ...(demands ?? []), ...(proposals ?? []), ...(answers?.demands ?? [])];
}

function traitsOf({ id, status, since, principals, opening, history, ...more }: any): string[] {
  const steps = history.filter(({ fact }: any) => fact.id !== id);
  const has = {
    [`is ${status}`]: true,
    'several steps': steps.length > 1,
    'several statuses': steps.filter((step: any) => step.status !== null).length > 1,
    'steps that set none': steps.some((step: any) => step.status === null),
    'corrected steps': steps.some(({ fact }: any) => fact.corrections.length > 0),
    'a corrected opening': opening.corrections.length > 0,
    'steps dated before the opening': history[0].fact.id !== id,
    'a status that is not of the last step': history.at(-1).fact.id !== since,
    'several principals': principals.length > 1,
    'a principal that did not speak itself': !principals.includes(opening.data.speaker),
    'held as announced': status === 'held' && opening.data.expected !== undefined,
    blocking: more.blocking,
    'answered by some': more.unanswered?.length > 0 && more.unanswered.length < opening.data.addressees.length,
    delivery: more.delivery?.length > 0,
    attendance: more.attendance?.length > 0,
    'answered in words': opening.data.ask !== undefined,
  };
  return Object.entries(has).flatMap(([trait, is]) => (is ? [trait] : []));
}

async function checkLedger(
  demarche: Demarche,
  ledger: LedgerName,
  status: string[],
  { prefix, recorded, choice }: History,
  { at, knownAt, known, limit }: Moment,
) {
  const { actors } = namesOf(prefix);
  const [first, other] = [actors[0]!, actors[choice % actors.length]!];
  const filters: LedgerFilter[] = [{ actor: first }, { actor: other, status }];
  if (ledger === 'demands') filters.push({ actor: other, blocking: true }, { actor: first, blocking: false });
  for (const filter of filters) {
    const found = await askAll(demarche, `/v1/${ledger}`, { ...filter, at, knownAt, limit });
    assertSame(found.map(shown), ledgerOf(known, ledger, at, filter), JSON.stringify(filter));
  }
  const items = ledgerOf(known, ledger, at);
  const some = [items[choice % items.length]?.id ?? recorded[0]!.id, recorded[choice % recorded.length]!.id];
  for (const id of some) {
    const found = await askOne(demarche, `/v1/${ledger}/${id}`, { at, knownAt });
    const expected = items.find((item) => item.id === id);
    assertSame(found && asListed(found), expected, id);
  }
  if (ledger !== 'commitments') return;
  for (const filter of [{ donor: first }, { recipient: other }, { donor: other, recipient: first }]) {
    const found = await askAll(demarche, '/v1/aid', { ...filter, at, knownAt, limit });
    assertSame(
      found.map((item) => ({ ...item, fact: shownGist(item.fact) })),
      aidOf(known, at, filter),
    );
  }
}

/** A thing is told by itself as in the list, with the sequence that the answer reflects. */
function asListed(answer: any) {
  const { sequence, ...thing } = answer;
  assertSame(typeof sequence, 'number', 'sequence');
  return shown(thing);
}

function shown({ opening, history, ...item }: any) {
  return {
    ...item,
    opening: shownGist(opening),
    history: history.map((step: any) => ({ ...step, fact: shownGist(step.fact) })),
  };
}
