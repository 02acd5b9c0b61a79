-- Who may use the API by a key. Keys are revoked and never deleted: events name who recorded them. The first row closes the door
-- that stands open to everybody on the loopback while there is none.

create table access_key (
  id          bigint      generated always as identity primary key,
  name        text        not null,
  role        text        not null check (role in ('reader', 'recorder', 'admin')),
  issues      text[],                 -- slugs; what may be recorded is about these alone; null for no limit
  digest      bytea       not null check (length(digest) = 32),   -- SHA-256 of the key; the key itself is nowhere
  created     timestamptz not null default clock_timestamp(),
  created_by  text        not null,
  expires     timestamptz,
  revoked     timestamptz,
  revoked_by  text
);
