// Every read model there is, one line each. Nothing else lists them.
export { actors } from './actors.ts';
export { events } from './events.ts';
export { issues } from './issues.ts';
export { positions } from './positions/positions.ts';
