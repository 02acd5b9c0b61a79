// What is asked of each product that is measured, so that all of them are measured by the same code.
import type { NewEvent } from '../../src/domain/event.ts';

/** Connections that each of them may hold. */
export const CONNECTIONS = 32;

export interface Product {
  /** Makes an empty log in an empty database. */
  prepare: (url: string) => Promise<void>;
  open: (url: string) => Promise<MeasuredLog>;
}

export interface MeasuredLog {
  /** One event, durable when the promise is fulfilled. */
  append: (event: NewEvent) => Promise<void>;
  /** All of them or none, in their order. */
  appendTogether: (events: NewEvent[]) => Promise<void>;
  /** Up to `limit` events after a position, in the order in which the product delivers them. */
  readAfter: (position: number, limit: number) => Promise<Delivered[]>;
  close: () => Promise<void>;
}

interface Delivered {
  id: string;
  /** The place in the whole log that the product gave the event. */
  position: number;
  data: unknown;
}
