-- How many episodes each number of patients had. Needs sessions.sql.
--
-- A session begins an episode if there was none in the 14 days before it, or if its onset is after the session before.
with ordered as (
    select patient, started, onset, lag(started) over (partition by patient order by started, id) as previous
    from sessions
), counted as (
    select patient, count(*) filter (
        previous is null or started - previous >= interval 14 days or onset > previous
    ) as episodes
    from ordered group by patient
)
select episodes, count(*) as patients from counted group by episodes order by episodes;
