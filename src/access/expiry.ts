// Until when a key is to be good, as people write it: a day (to its end, UTC), or a moment.

/** RFC 3339, or undefined where the text is none of both. */
export function expiryMeant(text: string): string | undefined {
  const moment = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59.999Z` : text);
  return Number.isNaN(moment) ? undefined : new Date(moment).toISOString();
}
