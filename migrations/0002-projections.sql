-- How far each projection has got. The read models themselves live in schemas of their own and can be recomputed from
-- the log at any time, so no migration knows their tables.

create table projection (
  name           text        primary key,
  version        integer     not null,
  schema_name    text        not null,
  checkpoint     bigint      not null default 0,   -- the last sequence applied
  updated        timestamptz not null default now(),
  failed_sequence bigint,                          -- the event that stopped it, until it is mended
  failed_type    text,
  failed_error   text
);
