//! What any number of sessions add up to.

use crate::record::{Brief, Dose};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The change of pain that is worth a mention (Farrar 2001; Childs 2005). It is no proof of anything.
pub const WORTH_A_MENTION: i64 = 2;

/// Sessions, heat and cold, pain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many sessions.
    pub sessions: u64,
    /// Of how many the phases are known.
    pub timed: u64,
    /// Heat, of those.
    pub heat: Dose,
    /// Cold, of those.
    pub cold: Dose,
    /// Pain before and after.
    pub pain: Pain,
}

impl Sums {
    /// Adds a session.
    pub fn add(&mut self, session: &Brief) {
        self.sessions += 1;
        if let Some([heat, cold]) = session.done {
            self.timed += 1;
            self.heat.add(heat);
            self.cold.add(cold);
        }
        self.pain.add(session.pain_before, session.pain_after);
    }

    /// Adds what others add up to.
    pub fn merge(&mut self, other: &Sums) {
        self.sessions += other.sessions;
        self.timed += other.timed;
        self.heat.add(other.heat);
        self.cold.add(other.cold);
        self.pain.merge(&other.pain);
    }

    /// Whether heat and cold are known: of no sessions, none was done; of sessions without phases, who knows.
    pub fn is_timed(&self) -> bool {
        self.timed > 0 || self.sessions == 0
    }
}

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Doses {
            planned_s: Option<u64>,
            done_s: Option<u64>,
        }
        let known = |seconds| self.is_timed().then_some(seconds);
        let doses = |dose: Dose| Doses { planned_s: known(dose.planned_s), done_s: known(dose.done_s) };
        let mut fields = serializer.serialize_struct("Sums", 5)?;
        fields.serialize_field("sessions", &self.sessions)?;
        fields.serialize_field("timed", &self.timed)?;
        fields.serialize_field("heat", &doses(self.heat))?;
        fields.serialize_field("cold", &doses(self.cold))?;
        fields.serialize_field("pain", &self.pain)?;
        fields.end()
    }
}

/// Pain before and after sessions, 0 to 10 (NRS-11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pain {
    /// Before.
    pub before: Mean,
    /// After.
    pub after: Mean,
    /// After less before, of the sessions of which both are known.
    pub change: Mean,
    /// Of those, how many changed by 2 or more.
    pub changed_by_2_or_more: Changed,
}

/// Which way pain changed, by 2 or more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Less pain after.
    pub lower: u64,
    /// More pain after.
    pub higher: u64,
}

impl Pain {
    fn add(&mut self, before: Option<u8>, after: Option<u8>) {
        before.into_iter().for_each(|score| self.before.add(score.into()));
        after.into_iter().for_each(|score| self.after.add(score.into()));
        let (Some(before), Some(after)) = (before, after) else { return };
        let change = i64::from(after) - i64::from(before);
        self.change.add(change);
        self.changed_by_2_or_more.lower += u64::from(change <= -WORTH_A_MENTION);
        self.changed_by_2_or_more.higher += u64::from(change >= WORTH_A_MENTION);
    }

    fn merge(&mut self, other: &Pain) {
        self.before.merge(&other.before);
        self.after.merge(&other.after);
        self.change.merge(&other.change);
        self.changed_by_2_or_more.lower += other.changed_by_2_or_more.lower;
        self.changed_by_2_or_more.higher += other.changed_by_2_or_more.higher;
    }
}

/// A mean, and of how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mean {
    /// Of how many.
    pub known: u64,
    /// Their sum.
    pub sum: i64,
}

impl Mean {
    fn add(&mut self, number: i64) {
        self.known += 1;
        self.sum += number;
    }

    fn merge(&mut self, other: &Mean) {
        self.known += other.known;
        self.sum += other.sum;
    }

    /// The mean; of none there is none.
    pub fn mean(&self) -> Option<f64> {
        (self.known > 0).then(|| self.sum as f64 / self.known as f64)
    }
}

impl Serialize for Mean {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Mean", 3)?;
        fields.serialize_field("known", &self.known)?;
        fields.serialize_field("sum", &self.sum)?;
        // As many digits as a mean of whole scores bears.
        fields.serialize_field("mean", &self.mean().map(|mean| (mean * 100.0).round() / 100.0))?;
        fields.end()
    }
}
