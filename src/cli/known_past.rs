//! What was done before a session, as far as it can matter to a plan, and what nobody can read of it.

use super::{AppContext, flags::SessionFlags, print_stderr, warn_of_gaps};
use crate::{
    clock,
    error::{Error, Result},
    history::{Gaps, LatestChange},
    limits::{MIN_BREAK, UNKNOWN_PAST_COUNTS_FOR, assumed_sessions},
    protocol::Plan,
    record::{Query, SessionRecord},
    session::{Intake, SessionSettings},
    time::{self, WallTime},
};
use jiff::tz::Offset;
use std::{cmp::Reverse, time::Duration};

/// How far back a session can matter to the next: no limit looks further.
const MAX_RELEVANT_AGE: Duration = Duration::from_hours(24);

/// What was done before.
#[derive(Default)]
pub(crate) struct KnownPast {
    /// What is known of it, newest first.
    pub(crate) sessions: Vec<SessionRecord>,
    /// The heat and cold just now that may be in what cannot be read.
    pub(crate) unknown: Option<UnknownPast>,
    gaps: Gaps,
}

/// Heat and cold that there may have been, though nobody can read of them.
#[derive(Clone)]
pub(crate) struct UnknownPast {
    /// Both count as if they had ended then.
    until: WallTime,
    /// Whether the person says that there were.
    was_said: bool,
    /// Where they may be.
    latest: LatestChange,
}

impl KnownPast {
    /// Says what could not be read.
    pub(crate) fn warn_of_gaps(&self) {
        warn_of_gaps(&self.gaps);
    }

    /// What the session is going to do after all that is known and this that is not; and all of that.
    ///
    /// # Errors
    /// The flags ask for too much, or for too much so soon.
    pub(crate) fn plan(
        self,
        flags: &SessionFlags,
        facts: &Intake,
        unknown: Option<&UnknownPast>,
        now: &WallTime,
    ) -> Result<(Plan, Vec<SessionRecord>)> {
        let mut sessions = self.sessions;
        let plan = flags.build_plan(facts, &sessions, now)?;
        let Some(unknown) = unknown else { return Ok((plan, sessions)) };
        sessions.extend(unknown.assumed_sessions());
        sessions.sort_by_key(|session| Reverse(session.started));
        // What is known would allow it.
        let plan = flags.build_plan(facts, &sessions, now).map_err(|_| unknown.too_soon_error(now))?;
        Ok((plan, sessions))
    }
}

impl UnknownPast {
    /// The same where the person says that there were heat and cold: they count as if they had ended now.
    pub(crate) fn assume_exposure(self, now: WallTime) -> UnknownPast {
        UnknownPast { until: now, was_said: true, ..self }
    }

    /// Says how it counts.
    pub(crate) fn print_assumption(&self) {
        let at = self.until.format_hour_minute();
        print_stderr(&format!(
            "what cannot be read may be heat and cold: they count as if both had ended at {at}"
        ));
    }

    fn assumed_sessions(&self) -> [SessionRecord; 2] {
        assumed_sessions(&self.until)
    }

    fn too_soon_error(&self, now: &WallTime) -> Error {
        let LatestChange { what, until, remedy } = &self.latest;
        let too_soon = if self.was_said { "too soon" } else { "it may be too soon" };
        let what =
            format!("{too_soon}: heat and cold of the last half hour may be in {what}, which cannot be read");
        // Of what is always just now, no rest makes it longer ago.
        let is_always_now = *until > now.timestamp();
        let rest = match () {
            () if self.was_said => "begin half an hour after them, or ".into(),
            () if is_always_now => String::new(),
            () => format!("rest for {}, or ", time::format_duration(MIN_BREAK.value)),
        };
        let asks = match self.was_said {
            true => "",
            false => "; on a terminal `easeback start` asks instead, without --skip-questions",
        };
        Error::failed(what)
            .with_hint(format!("{rest}{remedy}{asks}; --allow-long if a clinician told you so"))
    }
}

/// Finds what was done before, without what cannot be read. A rehearsal has no past.
///
/// # Errors
/// The history's folder is a link to nowhere.
pub(crate) fn load_past(desk: &AppContext, settings: &SessionSettings) -> Result<KnownPast> {
    if settings.is_rehearsal() {
        return Ok(KnownPast::default());
    }
    let now = clock::now().wall;
    let since = Some(now.minus(MAX_RELEVANT_AGE));
    let (found, gaps) = desk.logs.find_newest_readable(&Query { since, ..Query::default() })?;
    let unknown = gaps.latest.clone().map(|latest| {
        let until = WallTime::new(latest.until, Offset::UTC).with_offset_of(&now).min(now);
        UnknownPast { until, was_said: false, latest }
    });
    let unknown = unknown.filter(|unknown| now.since(&unknown.until) <= UNKNOWN_PAST_COUNTS_FOR.value);
    Ok(KnownPast { sessions: found.sessions, unknown, gaps })
}
