//! `--since` and `--until`: a range of dates in the past.

use super::flags::prefix_hint_with_flag;
use crate::{
    error::{Error, Result},
    record::Query,
    time::parse_date_time,
};
use clap::Args;
use jiff::ZonedDateTime;

/// The flags of `history list`, `stats` and `report`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DateRange {
    /// Only from this time or day on: yesterday, 7d (7 days ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,
    /// Only up to this time, or the end of this day
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,
}

impl DateRange {
    /// A query for all sessions in the range. Relative times such as `7d` are counted from `now`.
    ///
    /// # Errors
    /// A value is no date or time, or `--since` is after `--until` (exit code 2).
    pub(crate) fn to_query(&self, now: &ZonedDateTime) -> Result<Query> {
        let parse = |flag: &str, typed: &Option<String>| {
            typed
                .as_deref()
                .map(|text| parse_date_time(text, now).map_err(|error| prefix_hint_with_flag(flag, error)))
                .transpose()
        };
        let since = parse("--since", &self.since)?.map(|range| range.start);
        let until = parse("--until", &self.until)?.map(|range| range.end);
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            let typed = [&self.since, &self.until].map(|typed| typed.as_deref().unwrap_or_default());
            let [since, until] = typed.map(|typed| typed.escape_debug());
            let message =
                format!("invalid time span '{since}' to '{until}': expected the earlier time first");
            return Err(Error::usage(message, format!("type --since '{until}' --until '{since}'")));
        }
        Ok(Query { since, until, ..Query::default() })
    }
}
