// Sums of money, as sources give them: in one currency, not converted.
import { z } from 'zod';

/** In whole and broken units of its currency, not in cents. */
export const amount = z.number().min(0).max(1e15);

/** ISO 4217. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code such as EUR');

interface Sum {
  amount?: number | undefined;
  currency?: string | undefined;
}

/** A sum is given with its currency, or not at all; the arguments of a schema's `refine`. */
export const withCurrency: [(sum: Sum) => boolean, { path: string[]; error: string }] = [
  (sum) => (sum.amount === undefined) === (sum.currency === undefined),
  { path: ['currency'], error: 'expected an amount and its currency, or neither' },
];
