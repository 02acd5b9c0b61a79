// Every read model there is, one line each. Nothing else lists them.
export { actors } from './actors.ts';
export { dealings } from './dealings/dealings.ts';
export { events } from './events.ts';
export { issues } from './issues.ts';
export { ledgers } from './ledgers/ledgers.ts';
export { positions } from './positions/positions.ts';
export { sourcing } from './sourcing/sourcing.ts';
