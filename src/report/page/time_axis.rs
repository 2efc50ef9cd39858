//! The time that the charts run along, cut into days, weeks or months.

use super::EpisodeReport;
use crate::{
    record::{Brief, DiaryEntry, SessionRecord},
    stats::Totals,
};
use jiff::{ToSpan, civil::Date};

/// More than so many days are told by the week, more than so many weeks by the month.
const MAX_DAILY_SLOTS: i64 = 42;
const MAX_WEEKLY_SLOTS: i64 = 52;
/// As many slots are shown, the newest.
pub(crate) const MAX_SLOTS: usize = 60;

/// How long a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotUnit {
    Day,
    Week,
    Month,
}

impl SlotUnit {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SlotUnit::Day => "day",
            SlotUnit::Week => "week",
            SlotUnit::Month => "month",
        }
    }

    fn slot_start(self, day: Date) -> Date {
        match self {
            SlotUnit::Day => day,
            SlotUnit::Week => day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days()),
            SlotUnit::Month => day.first_of_month(),
        }
    }

    fn previous_slot_start(self, first: Date) -> Date {
        match self {
            SlotUnit::Day => first.saturating_sub(1.day()),
            SlotUnit::Week => first.saturating_sub(7.days()),
            SlotUnit::Month => first.saturating_sub(1.month()),
        }
    }
}

/// A day, a week or a month.
#[derive(Debug)]
pub(crate) struct TimeSlot<'a> {
    pub(crate) first_day: Date,
    pub(crate) sums: Totals,
    pub(crate) sessions: Vec<&'a SessionRecord>,
    pub(crate) diary_entries: Vec<&'a DiaryEntry>,
}

/// All of them, oldest first, the empty ones too.
#[derive(Debug)]
pub(crate) struct TimeAxis<'a> {
    pub(crate) unit: SlotUnit,
    pub(crate) slots: Vec<TimeSlot<'a>>,
    /// Whether there are older ones that are not shown.
    pub(crate) is_truncated: bool,
}

impl<'a> TimeAxis<'a> {
    /// From the first session or diary entry to the last.
    pub(crate) fn new(case: &'a EpisodeReport) -> TimeAxis<'a> {
        let days = || {
            let sessions = case.sessions.iter().map(|session| session.started.date());
            sessions.chain(case.diary_entries.iter().map(|entry| entry.occurred_at().date()))
        };
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return TimeAxis { unit: SlotUnit::Day, slots: Vec::new(), is_truncated: false };
        };
        let length = last.since(first).map_or(i64::MAX, |span| i64::from(span.get_days()));
        let unit = match length {
            ..MAX_DAILY_SLOTS => SlotUnit::Day,
            _ if length < MAX_WEEKLY_SLOTS * 7 => SlotUnit::Week,
            _ => SlotUnit::Month,
        };
        let mut begin = unit.slot_start(last);
        let mut slots = Vec::new();
        while slots.len() < MAX_SLOTS && begin >= unit.slot_start(first) {
            slots.push(TimeSlot {
                first_day: begin,
                sums: Totals::default(),
                sessions: Vec::new(),
                diary_entries: Vec::new(),
            });
            let before = unit.previous_slot_start(begin);
            if before >= begin {
                break;
            }
            begin = before;
        }
        slots.reverse();
        let is_cut = slots.first().is_some_and(|slot| slot.first_day > unit.slot_start(first));
        let mut axis = TimeAxis { unit, slots, is_truncated: is_cut };
        for session in &case.sessions {
            if let Some(slot) = axis.find_slot_mut(session.started.date()) {
                slot.sums.add(&Brief::of(session));
                slot.sessions.push(session);
            }
        }
        for entry in &case.diary_entries {
            if let Some(slot) = axis.find_slot_mut(entry.occurred_at().date()) {
                slot.diary_entries.push(entry);
            }
        }
        axis
    }

    fn find_slot_mut(&mut self, day: Date) -> Option<&mut TimeSlot<'a>> {
        let first = self.unit.slot_start(day);
        let place = self.slots.binary_search_by_key(&first, |slot| slot.first_day).ok()?;
        self.slots.get_mut(place)
    }

    /// What a slot is called below a chart.
    pub(crate) fn short_label(&self, slot: &TimeSlot) -> String {
        let form = if self.unit == SlotUnit::Month { "%b %y" } else { "%-d %b" };
        slot.first_day.strftime(form).to_string()
    }

    /// What it is called in a table.
    pub(crate) fn long_label(&self, slot: &TimeSlot) -> String {
        match self.unit {
            SlotUnit::Day => super::formatting::format_date(slot.first_day),
            SlotUnit::Week => slot.first_day.strftime("from %-d %b %Y").to_string(),
            SlotUnit::Month => slot.first_day.strftime("%b %Y").to_string(),
        }
    }
}
