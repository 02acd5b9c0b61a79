-- A read model is built by a run over the log, in a Postgres schema of its own. Several runs of one projection can stand side by
-- side: the live one, its successor while that is built, what stood before, what would be if some events were left out.

create table rebuild (
  id             bigint      generated always as identity primary key,
  reason         text        not null,               -- asked (somebody wanted it), version (the code has another one)
  projections    text[]      not null,
  until          bigint,                             -- the last sequence to take; null for all there are
  left_out       json        not null,               -- {"sources": […], "events": […]}
  dry_run        boolean     not null,
  state          text        not null default 'running',
  phase          text        not null default 'waiting',
  attempt        integer     not null default 0,     -- how often somebody began or took it over; fences off whoever had it before
  handed_over    integer     not null default 0,     -- how often its node gave it back, and did not die
  sequence       bigint      not null default 0,     -- the last one taken
  total          bigint      not null default 0,     -- the last one to take, as known now
  share          real        not null default 0,     -- of the whole work, done; 0 to 1
  begun          timestamptz,                        -- of this attempt
  first_sequence bigint      not null default 0,     -- where this attempt began
  loaded         timestamptz,                        -- when all events were taken
  comparison     json,
  error          text,
  created        timestamptz not null default clock_timestamp(),
  finished       timestamptz
);

alter table projection rename to projection_run;
alter table projection_run drop constraint projection_pkey;
alter table projection_run rename column name to projection;
alter table projection_run
  add column id          bigint generated always as identity primary key,
  add column role        text not null default 'live',       -- building, live, former, scratch, discarded
  add column shape       text not null default '',           -- a hash of its tables: code that has the same can read it
  add column rebuild     bigint references rebuild,
  add column phase       text not null default 'following',  -- of a run that is built: loading, deriving, indexing, following
  add column leader      uuid,                               -- the node that writes it
  add column term        bigint not null default 0,          -- raised when the leader changes: a fencing token
  add column lease_until timestamptz not null default '-infinity',
  add column since       timestamptz not null default now(), -- when it got its role
  add column answered    timestamptz;                        -- when it first answered a question as the live one
create unique index projection_run_live on projection_run (projection, version) where role = 'live';
create index projection_run_rebuild on projection_run (rebuild);

-- An event that a projection is told to pass over. Nothing is skipped but by a row here.
create table projection_skip (
  projection     text        not null,
  version        integer     not null,
  sequence       bigint      not null,
  reason         text        not null,
  recorded       timestamptz not null default clock_timestamp(),
  primary key (projection, version, sequence)
);
