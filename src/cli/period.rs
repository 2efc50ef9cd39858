//! `--since` and `--until`: a stretch of the past.

use super::flags::of_flag;
use crate::{
    error::{Error, Result},
    record::Query,
    time::parse_when,
};
use clap::Args;
use jiff::Zoned;

/// From when to when: `history list`, `stats` and `report` take it.
#[derive(Args, Clone, Debug)]
pub struct Period {
    /// From this time or day on: yesterday, 7d (ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this time, or the end of this day
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,
}

impl Period {
    /// All sessions of that time, for somebody who looks at the clock `now`.
    ///
    /// # Errors
    /// They are no moments, or the first is after the second (exit code 2).
    pub fn query(&self, now: &Zoned) -> Result<Query> {
        let when = |flag: &str, typed: &Option<String>| {
            typed
                .as_deref()
                .map(|text| parse_when(text, now).map_err(|wrong| of_flag(flag, wrong)))
                .transpose()
        };
        let since = when("--since", &self.since)?.map(|when| when.first);
        let until = when("--until", &self.until)?.map(|when| when.last);
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            let (since, until) = (since.day_and_time(), until.day_and_time());
            let what = format!("invalid time span {since} to {until}: expected the earlier time first");
            return Err(Error::usage(what, "type the earlier time for --since, the later for --until"));
        }
        Ok(Query { since, until, ..Query::default() })
    }
}
