-- The totals of all patients' sessions, by protocol. Needs sessions.sql.
--
-- A change of 2 or more says nothing about its cause.
select protocol, count(*) as sessions,
    sum(coalesce(list_sum([phase.planned_s for phase in phases if phase.kind = 'heat']), 0))::bigint as heat_planned_s,
    sum(coalesce(list_sum([phase.actual_s for phase in phases if phase.kind = 'heat']), 0))::bigint as heat_done_s,
    sum(coalesce(list_sum([phase.planned_s for phase in phases if phase.kind = 'cold']), 0))::bigint as cold_planned_s,
    sum(coalesce(list_sum([phase.actual_s for phase in phases if phase.kind = 'cold']), 0))::bigint as cold_done_s,
    count(pain_after - pain_before) as pairs,
    coalesce(sum(pain_after - pain_before), 0)::bigint as change_sum,
    count(*) filter (pain_after - pain_before <= -2) as lower_by_2_or_more,
    count(*) filter (pain_after - pain_before >= 2) as higher_by_2_or_more
from sessions group by protocol order by protocol;
