// Every event type there is, family by family. A type is in the vocabulary once its family's file exports it.
export * from './event-types/actors-and-issues.ts';
export * from './event-types/encounters.ts';
export * from './event-types/utterances.ts';
export * from './event-types/answers.ts';
export * from './event-types/commitments.ts';
export * from './event-types/processes.ts';
export * from './event-types/acts.ts';
export * from './event-types/about-events.ts';
