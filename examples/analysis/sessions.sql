-- Every patient's sessions: each once, in its latest version, with its corrections, without the deleted ones.
--
-- Run by `run.py` with DuckDB. `$folders` is a pattern of history folders, one for each patient, as in
-- 'patients/*/history/*.jsonl'; the patient is the folder above 'history'. A line that cannot be read is skipped.
create or replace temp table lines as
select split_part(filename, '/history/', 1) as patient, * exclude (filename), try_cast("at" as timestamptz) as written
from read_ndjson(
    getvariable('folders'), filename = true, ignore_errors = true,
    columns = {
        v: 'BIGINT', kind: 'VARCHAR', id: 'VARCHAR', "of": 'VARCHAR', "at": 'VARCHAR', started: 'VARCHAR',
        outcome: 'VARCHAR', protocol: 'VARCHAR', region: 'VARCHAR', onset: 'VARCHAR',
        pain_before: 'BIGINT', pain_after: 'BIGINT', "set": 'JSON',
        phases: 'STRUCT(kind VARCHAR, planned_s BIGINT, actual_s BIGINT)[]'
    }
)
where v <= 1;

-- A correction that a file holds twice counts once; of two corrections of one field, the later wins.
create or replace temp table corrections as
select distinct patient, "of", id, written, "set" from lines where kind = 'amendment';

create or replace temp table corrected as
select patient, "of", field, arg_max("set" -> ('$.' || field), (written, id)) as reads
from corrections, unnest(json_keys("set")) as keys (field)
group by all;

create or replace temp table sessions as
with latest as (
    select * from lines where kind = 'session'
    qualify row_number() over (partition by patient, id order by written desc) = 1
), reads as (
    select patient, "of" as id,
        max(reads ->> '$') filter (field = 'pain_before') as pain_before,
        max(reads ->> '$') filter (field = 'pain_after') as pain_after,
        max(reads ->> '$') filter (field = 'region') as region,
        bool_or(field = 'pain_before') as has_before, bool_or(field = 'pain_after') as has_after,
        bool_or(field = 'region') as has_region,
        coalesce(bool_or((reads ->> '$') = 'true') filter (field = 'deleted'), false) as deleted
    from corrected group by all
)
select latest.patient, latest.id, started::timestamptz as started, onset::timestamptz as onset, outcome, protocol,
    case when has_region then reads.region else latest.region end as region,
    case when has_before then try_cast(reads.pain_before as bigint) else latest.pain_before end as pain_before,
    case when has_after then try_cast(reads.pain_after as bigint) else latest.pain_after end as pain_after,
    phases
from latest left join reads using (patient, id)
where not coalesce(deleted, false);
