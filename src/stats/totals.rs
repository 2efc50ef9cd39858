//! Totals over sessions: how many, how much heat and cold, and pain before and after.

use crate::record::{Brief, Dose};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The smallest change of pain that is reported (Farrar 2001; Childs 2005). It does not prove an effect.
pub(crate) const MIN_RELEVANT_PAIN_CHANGE: i64 = 2;

/// The totals of any number of sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The number of sessions.
    pub sessions: u64,
    /// The number of sessions with known phases.
    pub sessions_with_phases: u64,
    /// Heat in sessions with known phases.
    pub heat: Dose,
    /// Cold in sessions with known phases.
    pub cold: Dose,
    /// Pain before and after sessions.
    pub pain: PainStats,
}

impl Totals {
    pub(crate) fn add(&mut self, session: &Brief) {
        self.sessions += 1;
        if let Some([heat, cold]) = session.done {
            self.sessions_with_phases += 1;
            self.heat.add(heat);
            self.cold.add(cold);
        }
        self.pain.add(session.pain_before, session.pain_after);
    }

    pub(crate) fn merge(&mut self, other: &Totals) {
        self.sessions += other.sessions;
        self.sessions_with_phases += other.sessions_with_phases;
        self.heat.add(other.heat);
        self.cold.add(other.cold);
        self.pain.merge(&other.pain);
    }

    /// Whether heat and cold are known. Without sessions they are known to be zero.
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
        let if_known = |seconds| self.has_known_phases().then_some(seconds);
        let to_seconds =
            |dose: Dose| AmountSeconds { planned_s: if_known(dose.planned_s), done_s: if_known(dose.done_s) };
        let mut fields = serializer.serialize_struct("Sums", 5)?;
        fields.serialize_field("sessions", &self.sessions)?;
        fields.serialize_field("timed", &self.sessions_with_phases)?;
        fields.serialize_field("heat", &to_seconds(self.heat))?;
        fields.serialize_field("cold", &to_seconds(self.cold))?;
        fields.serialize_field("pain", &self.pain)?;
        fields.end()
    }
}

/// Pain before and after sessions, 0 to 10 (NRS-11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PainStats {
    /// The mean before.
    pub before: MeanValue,
    /// The mean after.
    pub after: MeanValue,
    /// The mean of after minus before, over sessions where both are known.
    pub change: MeanValue,
    /// How many of these sessions changed pain by 2 or more.
    pub changed_by_2_or_more: PainChangeCounts,
}

/// Sessions in which pain changed by 2 or more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PainChangeCounts {
    /// With less pain after.
    pub lower: u64,
    /// With more pain after.
    pub higher: u64,
}

impl PainStats {
    fn add(&mut self, before: Option<u8>, after: Option<u8>) {
        if let Some(before) = before {
            self.before.add(before.into());
        }
        if let Some(after) = after {
            self.after.add(after.into());
        }
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

/// A mean, kept as count and sum so that it can be merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeanValue {
    /// The number of values.
    pub count: u64,
    /// The sum of the values.
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

    /// None without values.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }
}

impl Serialize for MeanValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Mean", 3)?;
        fields.serialize_field("known", &self.count)?;
        fields.serialize_field("sum", &self.sum)?;
        // Two decimals are enough for a mean of whole scores.
        fields.serialize_field("mean", &self.mean().map(|mean| (mean * 100.0).round() / 100.0))?;
        fields.end()
    }
}
