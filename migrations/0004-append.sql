-- Appending again, at half the time of the database: what decides about an item arrives as arrays, one place an item, and not
-- inside JSON that is taken apart for each of them; the contents are one JSON array, read as a whole before the lock is taken.

-- The former function stays for nodes of the former version, which record side by side with those of this one. Both take the same
-- lock; a later migration drops it.

-- Appends a group of events in one short critical section. No id twice; what one of the client's requests brings stands together
-- and is recorded in its order. Arguments count items from 1, results from 0.
--   corrections  of a correction: type and version of the data that it replaces, as CallHeld@2
--   contents     a JSON array
--   expected     the version that the stream must have now; null where any will do
--   requests     the number of the request that the item came with
--   guarded, guards  the decision to record the item rests on the stream; as many of both
--   needing, needed  the item is to be recorded only if the other one, before it, is; as many of both, in the order of `needing`
--   known        the sequence up to which the caller knew the log when it judged the items
--   atomic       record all or nothing
-- Every writer on every node comes through here. The lock belongs to the transaction and is held until its commit is
-- visible, so sequence order is commit order and no reader ever sees a gap.
-- An item that rests on a stream which has changed since `known` comes back as stale, to be judged again.
create function append(
  ids            uuid[],
  streams        text[],
  types          text[],
  type_versions  smallint[],
  corrections    text[],
  occurrences    text[],
  contents       jsonb,
  content_hashes bytea[],
  recorders      text[],
  expected       bigint[],
  requests       integer[],
  guarded        integer[],
  guards         text[],
  needing        integer[],
  needed         integer[],
  known          bigint,
  atomic         boolean
) returns setof append_result
language plpgsql volatile set search_path from current
  -- Planned once a session: planning anew for each group took two fifths of the time of a group of one.
  set plan_cache_mode = force_generic_plan
  -- A plan made while the log was small must not scan it when it has grown.
  set enable_seqscan = off
as $$
declare
  size          integer := cardinality(ids);
  results       append_result[] := array_fill(null::append_result, array[size]);
  -- Of what is recorded, at the item's place.
  sequences     bigint[] := array_fill(null::bigint, array[size]);
  versions      integer[] := array_fill(null::integer, array[size]);
  hashes        bytea[] := array_fill(null::bytea, array[size]);
  is_touched    boolean[] := array_fill(false, array[size]);  -- whether the item rests on a stream which has changed
  seen          text[] := '{}';
  seen_versions integer[] := '{}';
  is_repeated   boolean;     -- whether a stream comes more than once
  head          bigint;
  first         bigint;
  chain         bytea;
  moment        timestamptz;
  moment_text   text;
  outcome       text;
  version       integer;
  place         integer;
  need          integer := 1;   -- the first pair of `needing` and `needed` that has not been looked at
  stalled       integer;     -- the last request of which an item is stale
  reason        text;
  r             record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = 'DM002',
      message = 'append must run in a read committed transaction: it has to see what was committed while it waited.';
  end if;

  perform pg_advisory_xact_lock(hashtextextended(current_schema(), 0));

  select e.sequence, e.hash, greatest(e.recorded, date_trunc('milliseconds', clock_timestamp()))
    into head, chain, moment from event e order by e.sequence desc limit 1;
  head := coalesce(head, 0);
  first := head + 1;
  chain := coalesce(chain, decode(repeat('00', 32), 'hex'));
  moment := coalesce(moment, date_trunc('milliseconds', clock_timestamp()));
  moment_text := to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

  if head > known then
    -- Stream by stream, not by reading on from `known`: a node that was idle may be a million events behind.
    for place in
      select g.item
        from unnest(guarded, guards) g(item, stream)
        join (select distinct unnest(guards) as stream) s using (stream)
       where (select k.sequence from event_key k where k.stream = s.stream order by k.version desc limit 1) > known
    loop
      is_touched[place] := true;
    end loop;
  end if;

  is_repeated := size > 1 and (select count(distinct s) from unnest(streams) s) < size;

  for r in
    select i.n::integer, i.stream, i.type_version, i.corrects, i.content_hash, i.recorded_by, i.expected, i.request,
           coalesce(s.version, 0) as stream_version, e.sequence as earlier, e.content_hash as earlier_hash,
           e.stream as earlier_stream, e.version as earlier_version, e.recorded as earlier_recorded,
           e.recorded_by as earlier_recorded_by, e.hash as earlier_chain
      from unnest(ids, streams, type_versions, corrections, content_hashes, recorders, append.expected, requests)
             with ordinality i(id, stream, type_version, corrects, content_hash, recorded_by, expected, request, n)
      left join event_key k on k.id = i.id
      left join event e on e.sequence = k.sequence
      left join lateral (select v.version from event_key v where v.stream = i.stream order by v.version desc limit 1) s on true
     order by i.n
  loop
    outcome := 'recorded';
    if r.request = stalled or is_touched[r.n] then
      outcome := 'stale';
    end if;
    while needing[need] = r.n loop
      if (results[needed[need]]).outcome not in ('recorded', 'duplicate') then
        outcome := 'stale';
      end if;
      need := need + 1;
    end loop;

    if r.earlier is not null then
      outcome := case when r.earlier_hash = r.content_hash then 'duplicate' else 'id_reused' end;
      results[r.n] := row(r.n - 1, outcome, r.earlier, r.earlier_stream, r.earlier_version, r.earlier_recorded,
                          r.earlier_recorded_by, encode(r.earlier_chain, 'hex'))::append_result;
      continue;
    end if;

    version := r.stream_version;
    if is_repeated then
      place := array_position(seen, r.stream);
      if place is null then
        seen := seen || r.stream;
        seen_versions := seen_versions || version;
        place := array_length(seen, 1);
      end if;
      version := seen_versions[place];
    end if;

    if outcome = 'stale' then
      stalled := r.request;
    elsif r.expected <> version then
      outcome := 'version_conflict';
    end if;
    if outcome <> 'recorded' then
      results[r.n] := row(r.n - 1, outcome, null, r.stream, version, null, null, null)::append_result;
      continue;
    end if;

    head := head + 1;
    version := version + 1;
    if is_repeated then
      seen_versions[place] := version;
    end if;
    chain := sha256(chain || r.content_hash || convert_to(
      concat_ws(E'\n', head, r.stream, version, r.type_version, coalesce(r.corrects, ''), moment_text, r.recorded_by),
      'UTF8'));
    sequences[r.n] := head;
    versions[r.n] := version;
    hashes[r.n] := chain;
    results[r.n] := row(r.n - 1, outcome, head, r.stream, version, moment, r.recorded_by, encode(chain, 'hex'))::append_result;
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

  if head >= first then
    insert into event (sequence, id, stream, version, type, type_version, corrects, occurred, content, content_hash,
                       recorded, recorded_by, hash)
    select i.sequence, i.id, i.stream, i.version, i.type, i.type_version, i.corrects, i.occurred, i.content, i.content_hash,
           moment, i.recorded_by, i.hash
      from rows from (
             unnest(sequences, ids, streams, versions, types, type_versions, corrections, occurrences, content_hashes, recorders, hashes),
             jsonb_array_elements(contents)
           ) i(sequence, id, stream, version, type, type_version, corrects, occurred, content_hash, recorded_by, hash, content)
     where i.sequence is not null;
    insert into event_key (id, stream, version, sequence)
    select i.id, i.stream, i.version, i.sequence
      from unnest(ids, streams, versions, sequences) i(id, stream, version, sequence)
     where i.sequence is not null;
    -- One a group: inside a transaction of a single event it would cost five sixths of the throughput.
    perform pg_notify('demarche_' || current_schema(), head::text);
  end if;
  return query select x.* from unnest(results) x;
end $$;
