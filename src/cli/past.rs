//! What was done before a session, as far as it can matter to a plan, and what nobody can read of it.

use super::{Desk, flags::Flags, say, warn_of};
use crate::{
    clock,
    error::{Error, Result},
    history::{Gaps, Latest},
    limits::{BREAK, RECENT, unknown},
    protocol::Plan,
    record::{Query, SessionRecord},
    session::{Facts, Settings},
    time::{self, Wall},
};
use jiff::tz::Offset;
use std::{cmp::Reverse, time::Duration};

/// How far back a session can matter to the next: no limit looks further.
const MATTERS: Duration = Duration::from_hours(24);

/// What was done before.
#[derive(Default)]
pub struct Past {
    /// What is known of it, newest first.
    pub sessions: Vec<SessionRecord>,
    /// The heat and cold just now that may be in what cannot be read.
    pub unknown: Option<Unknown>,
    gaps: Gaps,
}

/// Heat and cold that there may have been, though nobody can read of them.
#[derive(Clone)]
pub struct Unknown {
    /// Both count as if they had ended then.
    until: Wall,
    /// Whether the person says that there were.
    was_said: bool,
    /// Where they may be.
    latest: Latest,
}

impl Past {
    /// Says what could not be read.
    pub fn warn(&self) {
        warn_of(&self.gaps);
    }

    /// What the session is going to do after all that is known and this that is not; and all of that.
    ///
    /// # Errors
    /// The flags ask for too much, or for too much so soon.
    pub fn plan(
        self,
        flags: &Flags,
        facts: &Facts,
        unknown: Option<&Unknown>,
        now: &Wall,
    ) -> Result<(Plan, Vec<SessionRecord>)> {
        let mut sessions = self.sessions;
        let plan = flags.plan(facts, &sessions, now)?;
        let Some(unknown) = unknown else { return Ok((plan, sessions)) };
        sessions.extend(unknown.sessions());
        sessions.sort_by_key(|session| Reverse(session.started));
        // What is known would allow it.
        let plan = flags.plan(facts, &sessions, now).map_err(|_| unknown.too_soon(now))?;
        Ok((plan, sessions))
    }
}

impl Unknown {
    /// The same where the person says that there were heat and cold: they count as if they had ended now.
    pub fn said(self, now: Wall) -> Unknown {
        Unknown { until: now, was_said: true, ..self }
    }

    /// Says how it counts.
    pub fn say(&self) {
        let at = self.until.hour_minute();
        say(&format!("what cannot be read may be heat and cold: they count as if both had ended at {at}"));
    }

    fn sessions(&self) -> [SessionRecord; 2] {
        unknown(&self.until)
    }

    fn too_soon(&self, now: &Wall) -> Error {
        let Latest { what, until, way_out } = &self.latest;
        let too_soon = if self.was_said { "too soon" } else { "it may be too soon" };
        let what =
            format!("{too_soon}: heat and cold of the last half hour may be in {what}, which cannot be read");
        // Of what is always just now, no rest makes it longer ago.
        let is_always_now = *until > now.timestamp();
        let rest = match () {
            () if self.was_said => "begin half an hour after them, or ".into(),
            () if is_always_now => String::new(),
            () => format!("rest for {}, or ", time::say(BREAK.value)),
        };
        let asks = match self.was_said {
            true => "",
            false => "; on a terminal `easeback start` asks instead, without --skip-questions",
        };
        Error::failed(what).hint(format!("{rest}{way_out}{asks}; --allow-long if a clinician told you so"))
    }
}

/// Finds what was done before, without what cannot be read. A rehearsal has no past.
///
/// # Errors
/// The history's folder is a link to nowhere.
pub fn past(desk: &Desk, settings: &Settings) -> Result<Past> {
    if settings.is_rehearsal() {
        return Ok(Past::default());
    }
    let now = clock::now().wall;
    let since = Some(now.minus(MATTERS));
    let (found, gaps) = desk.logs.newest_readable(&Query { since, ..Query::default() })?;
    let unknown = gaps.latest.clone().map(|latest| {
        let until = Wall::new(latest.until, Offset::UTC).in_zone_of(&now).min(now);
        Unknown { until, was_said: false, latest }
    });
    let unknown = unknown.filter(|unknown| now.since(&unknown.until) <= RECENT.value);
    Ok(Past { sessions: found.sessions, unknown, gaps })
}
