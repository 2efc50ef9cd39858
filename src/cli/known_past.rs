//! The earlier sessions that limit a plan, and the part of the history that cannot be read.
//!
//! An unreadable part may hold heat and cold of just now. It then counts as if both had ended at the latest time that
//! it may have been written, unless the person says that there were none.

use super::{AppContext, flags::Resolved, print_stderr, warn_of_gaps};
use crate::{
    clock,
    error::{Error, Result},
    history::{BackwardReading, Gaps, LatestChange},
    limits::{ALLOW_LONG_HINT, Caution, MIN_BREAK, UNKNOWN_PAST_COUNTS_FOR, assumed_sessions, find_cautions},
    protocol::Plan,
    record::{Query, SessionRecord},
    session::{Intake, SessionSettings},
    stats::{EPISODE_GAP, EpisodeProgress, YEAR},
    time::{self, WallTime},
};
use jiff::tz::Offset;
use std::{cmp::Reverse, time::Duration};

/// No limit looks further back than this.
const MAX_RELEVANT_AGE: Duration = Duration::from_hours(24);

/// The sessions of the last 24 hours, and what could not be read.
#[derive(Default)]
pub(crate) struct KnownPast {
    /// Absent for a rehearsal, which has no past.
    reading: Option<BackwardReading>,
    /// The newest first.
    sessions: Vec<SessionRecord>,
    /// Recent heat and cold that the unreadable part of the history may hold.
    pub(crate) unknown: Option<UnknownPast>,
    gaps: Gaps,
}

/// Heat and cold that may have been applied, in a part of the history that cannot be read.
pub(crate) struct UnknownPast {
    /// When both count as ended.
    assumed_end: WallTime,
    /// Whether the person says that they were applied.
    is_confirmed: bool,
    /// The unreadable file or line that may hold them.
    latest_change: LatestChange,
}

impl KnownPast {
    /// Reads the past that limits a plan; files and lines that cannot be read are left out and noted.
    ///
    /// # Errors
    /// The history's folder is a link to nowhere.
    pub(crate) fn read(context: &AppContext, settings: &SessionSettings) -> Result<KnownPast> {
        if settings.is_rehearsal() {
            return Ok(KnownPast::default());
        }
        let now = clock::now().wall;
        let mut reading = context.history.open_backwards()?;
        let since = Some(now.minus(MAX_RELEVANT_AGE));
        let (found, gaps) = reading.find_newest(&Query { since, ..Query::default() });
        let unknown = gaps.latest.clone().map(|latest_change| {
            let assumed_end = WallTime::new(latest_change.until, Offset::UTC).with_offset_of(&now).min(now);
            UnknownPast { assumed_end, is_confirmed: false, latest_change }
        });
        let unknown =
            unknown.filter(|unknown| now.since(&unknown.assumed_end) <= UNKNOWN_PAST_COUNTS_FOR.value);
        Ok(KnownPast { reading: Some(reading), sessions: found.sessions, unknown, gaps })
    }

    /// The episode that a session starting now would belong to; `None` for a rehearsal. Reads on into the last year.
    pub(crate) fn episode_progress(&mut self, intake: &Intake, now: &WallTime) -> Option<EpisodeProgress> {
        // A longer episode counts from its first session since then.
        let since = Some(now.minus(YEAR + EPISODE_GAP));
        let (found, _) = self.reading.as_mut()?.find_newest(&Query { since, ..Query::default() });
        let Intake { onset, pain, .. } = *intake;
        Some(EpisodeProgress::new(&found.sessions, &found.diary_entries, onset, pain, now))
    }

    /// Prints what could not be read.
    pub(crate) fn warn_of_gaps(&self) {
        warn_of_gaps(&self.gaps);
    }

    /// Fits the plan to the sessions that are known and those that may be, and finds the cautions for it.
    ///
    /// # Errors
    /// It is too soon after the last session.
    pub(crate) fn fit(&self, resolved: &Resolved, now: &WallTime) -> Result<(Plan, Vec<Caution>)> {
        let mut sessions = self.sessions.clone();
        let mut plan = resolved.fit(&sessions, now)?;
        if let Some(unknown) = &self.unknown {
            sessions.extend(assumed_sessions(&unknown.assumed_end));
            sessions.sort_by_key(|session| Reverse(session.started));
            // The known sessions alone allow it, so the unknown part is the reason.
            plan = resolved.fit(&sessions, now).map_err(|_| unknown.too_soon_error(now))?;
        }
        let cautions = find_cautions(&plan, &sessions, now);
        Ok((plan, cautions))
    }
}

impl UnknownPast {
    /// The person says that there were heat and cold: they count as ended now.
    pub(crate) fn confirm_exposure(self, now: WallTime) -> UnknownPast {
        UnknownPast { assumed_end: now, is_confirmed: true, ..self }
    }

    /// Prints when the unknown heat and cold count as ended.
    pub(crate) fn print_assumption(&self) {
        let at = self.assumed_end.format_hour_minute();
        print_stderr(&format!(
            "what cannot be read may be heat and cold: they count as if both had ended at {at}"
        ));
    }

    fn too_soon_error(&self, now: &WallTime) -> Error {
        let LatestChange { what, until, remedy } = &self.latest_change;
        let too_soon = if self.is_confirmed { "too soon" } else { "it may be too soon" };
        let message =
            format!("{too_soon}: heat and cold of the last half hour may be in {what}, which cannot be read");
        // The time of the change is unknown or in the future: waiting does not help.
        let is_in_future = *until > now.timestamp();
        let rest = if self.is_confirmed {
            "begin half an hour after them, or ".into()
        } else if is_in_future {
            String::new()
        } else {
            format!("rest for {}, or ", time::format_duration(MIN_BREAK.value))
        };
        let asks = if self.is_confirmed {
            ""
        } else {
            "; on a terminal `easeback start` asks instead, without --skip-questions"
        };
        Error::failed(message).with_hint(format!("{rest}{remedy}{asks}; {ALLOW_LONG_HINT}"))
    }
}
