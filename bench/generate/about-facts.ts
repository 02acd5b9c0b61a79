// What is said about facts later: they are corroborated, disputed, corrected and taken back. Only what refers to nothing is
// corrected or taken back, so that nothing else becomes wrong with it.
import { dateAround } from './calendar.ts';
import type { Make, Turn } from './facts.ts';
import type { Happened } from './past.ts';
import { sentences } from './words.ts';

export const aboutFacts: Record<string, Make> = {
  EventCorroborated: ({ random, past, day }) => {
    const target = past.fact(random);
    if (!target) return undefined;
    const repeats = random.chance(0.3) ? { independent: false } : {};
    const reports = random.chance(0.2) ? { reports: random.between(2, 40) } : {};
    const summary = sentences(random, random.between(1, 4));
    return { occurred: day, data: { event: target.id, ...repeats, ...reports, summary } };
  },
  EventDisputed: ({ random, past, day, from }) => {
    const target = past.fact(random);
    const account = random.chance(0.5) ? { account: { occurred: day } } : {};
    const summary = sentences(random, random.between(2, 6));
    return target && { occurred: day, data: { event: target.id, by: from, summary, ...account } };
  },
  EventCorrected: (turn) => {
    const { random, past, day } = turn;
    const target = past.fact(random, canChange);
    if (!target) return undefined;
    past.forget(target);
    const data = { event: target.id, reason: sentences(random, 1), replacement: replacement(target, turn) };
    return { occurred: day, data };
  },
  EventRetracted: ({ random, past, day }) => {
    const target = past.fact(random, canChange);
    if (!target) return undefined;
    past.forget(target);
    return { occurred: day, data: { event: target.id, reason: sentences(random, 1) } };
  },
};

const CHANGEABLE = [
  'StatementMade',
  'PositionStated',
  'ReactionIssued',
  'DemandStated',
  'ThreatIssued',
  'CallHeld',
  'MeetingHeld',
  'SanctionImposed',
  'ContextRecorded',
];

function canChange({ type, data }: Happened): boolean {
  const refers = data['readoutOf'] ?? data['announced'] ?? (data['to'] as { event?: string } | undefined)?.event;
  return CHANGEABLE.includes(type) && refers === undefined;
}

function replacement({ data, stance }: Happened, { random, day }: Turn) {
  if (stance && random.chance(0.3)) return { stance: { ...stance, position: random.between(-2, 2) } };
  if (random.chance(0.4)) return { occurred: dateAround(day, random) };
  return { data: { ...data, summary: sentences(random, random.between(2, 6)) } };
}
