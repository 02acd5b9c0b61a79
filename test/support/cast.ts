// The actors and issues that most tests need, as events.

type Event = { type: string; occurred: string; data: Record<string, unknown> };

export function actor(slug: string, kind = 'person', more: Record<string, unknown> = {}): Event {
  return { type: 'ActorRegistered', occurred: '2024-11-15', data: { actor: slug, kind, name: slug, ...more } };
}

export function issue(slug: string): Event {
  return {
    type: 'IssueOpened',
    occurred: '2024-11-15',
    data: { issue: slug, proposition: `${slug} should come about` },
  };
}

export function office(
  change: 'OfficeAssumed' | 'OfficeVacated',
  who: string,
  title: string,
  of: string,
  occurred: string,
): Event {
  return { type: change, occurred, data: { actor: who, office: title, of } };
}

export function position(
  speaker: string,
  on: string,
  value: number,
  occurred: string,
  more: Record<string, unknown> = {},
) {
  return {
    type: 'PositionStated',
    occurred,
    data: { speaker, summary: `${speaker} on ${on}: ${value}` },
    stance: { issue: on, position: value },
    ...more,
  };
}

/** Two states, their leaders in office, and an issue. */
export const CAST: Event[] = [
  actor('germany', 'state'),
  actor('russia', 'state'),
  actor('ukraine', 'state'),
  actor('olaf-scholz'),
  actor('vladimir-putin'),
  actor('kremlin', 'organisation', { represents: 'russia' }),
  office('OfficeAssumed', 'olaf-scholz', 'Federal Chancellor', 'germany', '2021-12-08'),
  office('OfficeAssumed', 'vladimir-putin', 'President of Russia', 'russia', '2012-05-07'),
  issue('troop-withdrawal'),
  issue('territorial-settlement'),
];
