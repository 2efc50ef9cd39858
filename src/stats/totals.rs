//! What any number of sessions add up to.

use crate::record::{Brief, Dose};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The change of pain that is worth a mention (Farrar 2001; Childs 2005). It is no proof of anything.
pub(crate) const MIN_RELEVANT_PAIN_CHANGE: i64 = 2;

/// Sessions, heat and cold, pain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many sessions.
    pub sessions: u64,
    /// Of how many the phases are known.
    pub sessions_with_phases: u64,
    /// Heat, of those.
    pub heat: Dose,
    /// Cold, of those.
    pub cold: Dose,
    /// Pain before and after.
    pub pain: PainStats,
}

impl Totals {
    /// Adds a session.
    pub(crate) fn add(&mut self, session: &Brief) {
        self.sessions += 1;
        if let Some([heat, cold]) = session.done {
            self.sessions_with_phases += 1;
            self.heat.add(heat);
            self.cold.add(cold);
        }
        self.pain.add(session.pain_before, session.pain_after);
    }

    /// Adds what others add up to.
    pub(crate) fn merge(&mut self, other: &Totals) {
        self.sessions += other.sessions;
        self.sessions_with_phases += other.sessions_with_phases;
        self.heat.add(other.heat);
        self.cold.add(other.cold);
        self.pain.merge(&other.pain);
    }

    /// Whether heat and cold are known: of no sessions, none was done; of sessions without phases, who knows.
    pub(crate) fn has_known_phases(&self) -> bool {
        self.sessions_with_phases > 0 || self.sessions == 0
    }
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct AmountSeconds {
            planned_s: Option<u64>,
            done_s: Option<u64>,
        }
        let known = |seconds| self.has_known_phases().then_some(seconds);
        let doses =
            |dose: Dose| AmountSeconds { planned_s: known(dose.planned_s), done_s: known(dose.done_s) };
        let mut fields = serializer.serialize_struct("Sums", 5)?;
        fields.serialize_field("sessions", &self.sessions)?;
        fields.serialize_field("timed", &self.sessions_with_phases)?;
        fields.serialize_field("heat", &doses(self.heat))?;
        fields.serialize_field("cold", &doses(self.cold))?;
        fields.serialize_field("pain", &self.pain)?;
        fields.end()
    }
}

/// Pain before and after sessions, 0 to 10 (NRS-11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PainStats {
    /// Before.
    pub before: MeanValue,
    /// After.
    pub after: MeanValue,
    /// After less before, of the sessions of which both are known.
    pub change: MeanValue,
    /// Of those, how many changed by 2 or more.
    pub changed_by_2_or_more: PainChangeCounts,
}

/// Which way pain changed, by 2 or more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PainChangeCounts {
    /// Less pain after.
    pub lower: u64,
    /// More pain after.
    pub higher: u64,
}

impl PainStats {
    fn add(&mut self, before: Option<u8>, after: Option<u8>) {
        before.into_iter().for_each(|score| self.before.add(score.into()));
        after.into_iter().for_each(|score| self.after.add(score.into()));
        let (Some(before), Some(after)) = (before, after) else { return };
        let change = i64::from(after) - i64::from(before);
        self.change.add(change);
        self.changed_by_2_or_more.lower += u64::from(change <= -MIN_RELEVANT_PAIN_CHANGE);
        self.changed_by_2_or_more.higher += u64::from(change >= MIN_RELEVANT_PAIN_CHANGE);
    }

    fn merge(&mut self, other: &PainStats) {
        self.before.merge(&other.before);
        self.after.merge(&other.after);
        self.change.merge(&other.change);
        self.changed_by_2_or_more.lower += other.changed_by_2_or_more.lower;
        self.changed_by_2_or_more.higher += other.changed_by_2_or_more.higher;
    }
}

/// A mean, and of how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeanValue {
    /// Of how many.
    pub count: u64,
    /// Their sum.
    pub sum: i64,
}

impl MeanValue {
    fn add(&mut self, number: i64) {
        self.count += 1;
        self.sum += number;
    }

    fn merge(&mut self, other: &MeanValue) {
        self.count += other.count;
        self.sum += other.sum;
    }

    /// The mean; of none there is none.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }
}

impl Serialize for MeanValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Mean", 3)?;
        fields.serialize_field("known", &self.count)?;
        fields.serialize_field("sum", &self.sum)?;
        // As many digits as a mean of whole scores bears.
        fields.serialize_field("mean", &self.mean().map(|mean| (mean * 100.0).round() / 100.0))?;
        fields.end()
    }
}
