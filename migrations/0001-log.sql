-- The log: append-only, dense, hash-chained. One log is one Postgres schema; this file runs with that schema as search_path,
-- so that a second log beside the first is the same file run in another schema.

create table event (
  sequence       bigint      primary key,
  id             uuid        not null,
  stream         text        collate "C" not null,
  version        integer     not null check (version > 0),
  type           text        not null,
  type_version   smallint    not null check (type_version > 0),
  corrects       text,       -- of a correction: type and version of the data that it replaces, as CallHeld@2
  occurred       text        not null,
  content        jsonb       not null,   -- what the client said beside id, type and occurred
  content_hash   bytea       not null check (length(content_hash) = 32),
  recorded       timestamptz not null,
  recorded_by    text        not null,
  hash           bytea       not null check (length(hash) = 32)
);

-- Uniqueness lives here and not on event, so that event can become the first partition of a table partitioned by
-- sequence (a unique index of a partitioned table must contain the partition key) without moving a row.
create table event_key (
  id             uuid        primary key,
  stream         text        collate "C" not null,
  version        integer     not null,
  sequence       bigint      not null,
  constraint event_key_stream_version unique (stream, version)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception using
    errcode = 'DM001',
    message = format('The log is append-only: %s on %I.%I was refused.', tg_op, tg_table_schema, tg_table_name),
    hint = 'To put an event right, record EventCorrected or EventRetracted.';
end $$;

create trigger event_append_only before update or delete or truncate on event
  for each statement execute function refuse_change();
create trigger event_key_append_only before update or delete or truncate on event_key
  for each statement execute function refuse_change();
-- Also where a session has switched to replica mode, which skips ordinary triggers.
alter table event enable always trigger event_append_only;
alter table event_key enable always trigger event_key_append_only;

create type append_item as (
  id             uuid,
  stream         text,
  type           text,
  type_version   smallint,
  corrects       text,
  occurred       text,
  content        jsonb,
  content_hash   text,       -- hexadecimal
  recorded_by    text,
  expected       bigint,     -- the version the stream must have; null where any will do
  request        integer,    -- items of one request stand together and are recorded in their order
  guards         text[],     -- streams the decision to record this rests on
  needs          integer[]   -- items of this group, counted from 0, that must be recorded for this one to be
);

create type append_result as (
  item           integer,    -- counted from 0
  outcome        text,       -- recorded, duplicate, id_reused, version_conflict, stale, not_recorded
  sequence       bigint,
  stream         text,
  version        integer,    -- of the event; for version_conflict, the version that the stream has
  recorded       timestamptz,
  recorded_by    text,
  hash           text
);

-- Appends a group of events in one short critical section.
--   items   a JSON array of append_item, no id twice
--   known   the sequence up to which the caller knew the log when it judged the items
--   atomic  record all or nothing
-- Every writer on every node comes through here. The lock belongs to the transaction and is held until its commit is
-- visible, so sequence order is commit order and no reader ever sees a gap. JSON is parsed before the lock is taken.
-- An item that rests on a stream which has changed since `known` comes back as stale, to be judged again.
create function append(items json, known bigint, atomic boolean) returns setof append_result
language plpgsql volatile set search_path from current
  -- Planned once a session: planning anew for each group took two fifths of the time of a group of one.
  set plan_cache_mode = force_generic_plan
  -- A plan made while the log was small must not scan it when it has grown.
  set enable_seqscan = off
as $$
declare
  parsed        append_item[];
  results       append_result[] := '{}';
  touched       text[] := '{}';
  seen          text[] := '{}';
  seen_versions integer[] := '{}';
  added         integer[] := '{}';
  versions      integer[] := '{}';
  hashes        bytea[] := '{}';
  head          bigint;
  chain         bytea;
  moment        timestamptz;
  moment_text   text;
  outcome       text;
  current_version integer;
  place         integer;
  stalled       integer;     -- the last request of which an item is stale
  reason        text;
  r             record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = 'DM002',
      message = 'append must run in a read committed transaction: it has to see what was committed while it waited.';
  end if;
  select array_agg(i) into parsed from json_populate_recordset(null::append_item, items) i;

  perform pg_advisory_xact_lock(hashtextextended(current_schema(), 0));

  select e.sequence, e.hash, greatest(e.recorded, date_trunc('milliseconds', clock_timestamp()))
    into head, chain, moment from event e order by e.sequence desc limit 1;
  head := coalesce(head, 0);
  chain := coalesce(chain, decode(repeat('00', 32), 'hex'));
  moment := coalesce(moment, date_trunc('milliseconds', clock_timestamp()));
  moment_text := to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

  if head > known then
    -- Stream by stream, not by reading on from `known`: a node that was idle may be a million events behind.
    select coalesce(array_agg(g.stream), '{}') into touched
      from (select distinct unnest(i.guards) as stream from unnest(parsed) i) g
     where (select k.sequence from event_key k where k.stream = g.stream order by k.version desc limit 1) > known;
  end if;

  for r in
    select i.*, decode(i.content_hash, 'hex') as content_digest, count(*) over (partition by i.stream) > 1 as repeated,
           coalesce(s.version, 0) as stream_version, e.sequence as earlier, e.content_hash as earlier_digest,
           e.stream as earlier_stream, e.version as earlier_version, e.recorded as earlier_recorded,
           e.recorded_by as earlier_recorded_by, e.hash as earlier_hash
      from unnest(parsed) with ordinality i(id, stream, type, type_version, corrects, occurred, content, content_hash,
                                            recorded_by, expected, request, guards, needs, n)
      left join event_key k on k.id = i.id
      left join event e on e.sequence = k.sequence
      left join lateral (select v.version from event_key v where v.stream = i.stream order by v.version desc limit 1) s on true
     order by i.n
  loop
    if r.earlier is not null then
      outcome := case when r.earlier_digest = r.content_digest then 'duplicate' else 'id_reused' end;
      results[r.n] := row(r.n - 1, outcome, r.earlier, r.earlier_stream, r.earlier_version, r.earlier_recorded,
                          r.earlier_recorded_by, encode(r.earlier_hash, 'hex'))::append_result;
      continue;
    end if;

    current_version := r.stream_version;
    if r.repeated then
      place := array_position(seen, r.stream);
      if place is null then
        seen := seen || r.stream;
        seen_versions := seen_versions || current_version;
        place := array_length(seen, 1);
      end if;
      current_version := seen_versions[place];
    end if;

    outcome := 'recorded';
    if r.request = stalled or r.guards && touched then
      outcome := 'stale';
    elsif r.needs is not null then
      foreach place in array r.needs loop
        if (results[place + 1]).outcome not in ('recorded', 'duplicate') then
          outcome := 'stale';
        end if;
      end loop;
      place := array_position(seen, r.stream);
    end if;
    if outcome = 'recorded' and r.expected <> current_version then
      outcome := 'version_conflict';
    end if;
    if outcome = 'stale' then
      stalled := r.request;
    end if;
    if outcome <> 'recorded' then
      results[r.n] := row(r.n - 1, outcome, null, r.stream, current_version, null, null, null)::append_result;
      continue;
    end if;

    head := head + 1;
    current_version := current_version + 1;
    if r.repeated then
      seen_versions[place] := current_version;
    end if;
    chain := sha256(chain || r.content_digest || convert_to(
      concat_ws(E'\n', head, r.stream, current_version, r.type_version, coalesce(r.corrects, ''), moment_text, r.recorded_by),
      'UTF8'));
    added := added || r.n::integer;
    versions := versions || current_version;
    hashes := hashes || chain;
    results[r.n] := row(r.n - 1, outcome, head, r.stream, current_version, moment, r.recorded_by, encode(chain, 'hex'))::append_result;
  end loop;

  if atomic then
    -- The first that cannot be recorded is the reason; what comes after it may only follow from it.
    select x.outcome into reason from unnest(results) x
     where x.outcome not in ('recorded', 'duplicate') order by x.item limit 1;
    if found then
      return query
        select x.item, case when reason = 'stale' then reason
                            when x.outcome in ('recorded', 'stale') then 'not_recorded' else x.outcome end,
               case when x.outcome <> 'recorded' then x.sequence end, x.stream, x.version, x.recorded, x.recorded_by, x.hash
          from unnest(results) x;
      return;
    end if;
  end if;

  if added <> '{}' then
    insert into event (sequence, id, stream, version, type, type_version, corrects, occurred, content, content_hash,
                       recorded, recorded_by, hash)
    select head - array_length(added, 1) + a.k, i.id, i.stream, a.version, i.type, i.type_version, i.corrects, i.occurred,
           i.content, decode(i.content_hash, 'hex'), moment, i.recorded_by, a.hash
      from unnest(added, versions, hashes) with ordinality a(n, version, hash, k)
      join unnest(parsed) with ordinality i(id, stream, type, type_version, corrects, occurred, content, content_hash,
                                            recorded_by, expected, request, guards, needs, n) using (n);
    insert into event_key (id, stream, version, sequence)
    select i.id, i.stream, a.version, head - array_length(added, 1) + a.k
      from unnest(added, versions) with ordinality a(n, version, k)
      join unnest(parsed) with ordinality i(id, stream, type, type_version, corrects, occurred, content, content_hash,
                                            recorded_by, expected, request, guards, needs, n) using (n);
    -- One a group: inside a transaction of a single event it would cost five sixths of the throughput.
    perform pg_notify('demarche_' || current_schema(), head::text);
  end if;
  return query select x.* from unnest(results) x;
end $$;

-- The last sequence that was recorded at or before a moment; 0 where the log begins later. Recorded time never decreases
-- along the log, so bisection over the primary key finds it and the log needs no index on time.
create function sequence_at(moment timestamptz) returns bigint
language plpgsql stable set search_path from current as $$
declare
  low  bigint := 0;
  high bigint := coalesce((select max(e.sequence) from event e), 0);
  middle bigint;
begin
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select e.recorded from event e where e.sequence = middle) <= moment then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return low;
end $$;
