// Every event type there is, one line each. Nothing else lists them.
export { ActorRegistered } from './event-types/actor-registered.ts';
export { ActorRenamed } from './event-types/actor-renamed.ts';
export { OfficeAssumed } from './event-types/office-assumed.ts';
export { OfficeVacated } from './event-types/office-vacated.ts';
export { IssueOpened } from './event-types/issue-opened.ts';
export { IssueReworded } from './event-types/issue-reworded.ts';
export { CallHeld } from './event-types/call-held.ts';
export { MeetingHeld } from './event-types/meeting-held.ts';
export { StatementMade } from './event-types/statement-made.ts';
export { DemandStated } from './event-types/demand-stated.ts';
export { PositionStated } from './event-types/position-stated.ts';
export { PositionWithdrawn } from './event-types/position-withdrawn.ts';
export { ReactionIssued } from './event-types/reaction-issued.ts';
export { EventCorrected } from './event-types/event-corrected.ts';
export { EventRetracted } from './event-types/event-retracted.ts';
