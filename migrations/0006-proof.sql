-- What is removed by law, and what makes single events provable.

-- The one change that the log allows: recording EventRedacted puts {"redacted": <its sequence>} in the place of the content of the
-- event that it names. Content hash and chain hash stay, and with them the proof of everything else.

-- Replaces the function of 0001: an update from inside a trigger is looked at row by row.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and tg_table_name <> 'event_key' and pg_trigger_depth() > 1 then
    return null;
  end if;
  raise exception using
    errcode = 'DM001',
    message = format('The log is append-only: %s on %I.%I was refused.', tg_op, tg_table_schema, tg_table_name),
    hint = 'To put an event right, record EventCorrected or EventRetracted.';
end $$;

create function refuse_all_but_redaction() returns trigger language plpgsql set search_path from current as $$
declare
  emptied record := old;
begin
  select jsonb_build_object('redacted', r.sequence) into emptied.content from event r
   where r.sequence = case when new.content ->> 'redacted' ~ '^[0-9]{1,18}$' then (new.content ->> 'redacted')::bigint end
     and r.type = 'EventRedacted' and r.content #>> '{data,event}' = old.id::text
     -- Recorded in this transaction.
     and r.xmin = pg_current_xact_id()::xid;
  if not found or new is distinct from emptied or old.content ? 'redacted' or old.type = 'EventRedacted' then
    raise exception using
      errcode = 'DM001',
      message = format('The log is append-only: the change of event %s was refused.', old.sequence),
      hint = 'To remove a content by law, record EventRedacted.';
  end if;
  return new;
end $$;

create function redact() returns trigger language plpgsql set search_path from current as $$
begin
  -- Where a log is copied, the event comes emptied already.
  update event e set content = jsonb_build_object('redacted', new.sequence)
    from event_key k
   where k.id = (new.content #>> '{data,event}')::uuid and e.sequence = k.sequence
     and e.content <> jsonb_build_object('redacted', new.sequence);
  if not found and not exists (
       select from event_key k join event e on e.sequence = k.sequence where k.id = (new.content #>> '{data,event}')::uuid) then
    raise exception using
      errcode = 'DM003',
      message = format('Event %s redacts %s, which is not in the log.', new.sequence, new.content #>> '{data,event}');
  end if;
  return null;
end $$;

create trigger event_only_redacted before update on event
  for each row execute function refuse_all_but_redaction();
-- At the end of the transaction: the event may be redacted by one that is recorded together with it.
create constraint trigger event_redaction after insert on event deferrable initially deferred
  for each row when (new.type = 'EventRedacted') execute function redact();
alter table event enable always trigger event_only_redacted;
alter table event enable always trigger event_redaction;

-- The few that were emptied.
create index event_redacted on event (sequence) where content ? 'redacted';

alter table projection_run
  -- The last redaction that it took page by page: what it knew before still shows that there was something, until it is rebuilt.
  add column redaction bigint;

-- Hashes of the Merkle tree (RFC 9162) over the chain hashes: of each whole block of 1,024 events, the first of which is block 0.
-- Nothing that cannot be computed anew: empty the table, and it fills again.
create table merkle_block (
  block          bigint      primary key,
  hash           bytea       not null check (length(hash) = 32)
);
