//! `--since` and `--until`: a stretch of the past.

use super::flags::of_flag;
use crate::{
    error::{Error, Result},
    record::Query,
    time::parse_date_time,
};
use clap::Args;
use jiff::Zoned;

/// From when to when: `history list`, `stats` and `report` take it.
#[derive(Args, Clone, Debug)]
pub(crate) struct DateRange {
    /// From this time or day on: yesterday, 7d (ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this time, or the end of this day
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,
}

impl DateRange {
    /// All sessions of that time, for somebody who looks at the clock `now`.
    ///
    /// # Errors
    /// They are no moments, or the first is after the second (exit code 2).
    pub(crate) fn to_query(&self, now: &Zoned) -> Result<Query> {
        let when = |flag: &str, typed: &Option<String>| {
            typed
                .as_deref()
                .map(|text| parse_date_time(text, now).map_err(|wrong| of_flag(flag, wrong)))
                .transpose()
        };
        let since = when("--since", &self.since)?.map(|when| when.start);
        let until = when("--until", &self.until)?.map(|when| when.end);
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            let (since, until) = (since.format_date_time(), until.format_date_time());
            let what = format!("invalid time span {since} to {until}: expected the earlier time first");
            return Err(Error::usage(what, "type the earlier time for --since, the later for --until"));
        }
        Ok(Query { since, until, ..Query::default() })
    }
}
