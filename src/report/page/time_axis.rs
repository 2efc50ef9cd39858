//! The time axis of the charts: the span of a report, divided into days, weeks or months.

use super::EpisodeReport;
use crate::{
    record::{Brief, DiaryEntry, SessionRecord},
    stats::Totals,
};
use jiff::{ToSpan, civil::Date};

/// A longer span is divided into weeks.
const MAX_DAILY_SLOTS: i64 = 42;
/// A longer span is divided into months.
const MAX_WEEKLY_SLOTS: i64 = 52;
/// The newest are shown.
pub(crate) const MAX_SLOTS: usize = 60;

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

/// A day, a week or a month, with what was recorded in it.
#[derive(Debug)]
pub(crate) struct TimeSlot<'a> {
    pub(crate) first_day: Date,
    pub(crate) totals: Totals,
    pub(crate) sessions: Vec<&'a SessionRecord>,
    pub(crate) diary_entries: Vec<&'a DiaryEntry>,
}

/// The slots of a report.
#[derive(Debug)]
pub(crate) struct TimeAxis<'a> {
    pub(crate) unit: SlotUnit,
    /// Oldest first, with the empty ones.
    pub(crate) slots: Vec<TimeSlot<'a>>,
    /// Whether older slots are not shown.
    pub(crate) is_truncated: bool,
}

impl<'a> TimeAxis<'a> {
    /// From the first session or diary entry to the last.
    pub(crate) fn new(report: &'a EpisodeReport) -> TimeAxis<'a> {
        let dates = || {
            let sessions = report.sessions.iter().map(|session| session.started.date());
            sessions.chain(report.diary_entries.iter().map(|entry| entry.occurred_at().date()))
        };
        let (Some(first), Some(last)) = (dates().min(), dates().max()) else {
            return TimeAxis { unit: SlotUnit::Day, slots: Vec::new(), is_truncated: false };
        };
        let span_days = last.since(first).map_or(i64::MAX, |span| i64::from(span.get_days()));
        let unit = match span_days {
            ..MAX_DAILY_SLOTS => SlotUnit::Day,
            _ if span_days < MAX_WEEKLY_SLOTS * 7 => SlotUnit::Week,
            _ => SlotUnit::Month,
        };
        let mut slot_start = unit.slot_start(last);
        let mut slots = Vec::new();
        while slots.len() < MAX_SLOTS && slot_start >= unit.slot_start(first) {
            slots.push(TimeSlot {
                first_day: slot_start,
                totals: Totals::default(),
                sessions: Vec::new(),
                diary_entries: Vec::new(),
            });
            let previous = unit.previous_slot_start(slot_start);
            if previous >= slot_start {
                break;
            }
            slot_start = previous;
        }
        slots.reverse();
        let is_truncated = slots.first().is_some_and(|slot| slot.first_day > unit.slot_start(first));
        let mut axis = TimeAxis { unit, slots, is_truncated };
        for session in &report.sessions {
            if let Some(slot) = axis.find_slot_mut(session.started.date()) {
                slot.totals.add(&Brief::of(session));
                slot.sessions.push(session);
            }
        }
        for entry in &report.diary_entries {
            if let Some(slot) = axis.find_slot_mut(entry.occurred_at().date()) {
                slot.diary_entries.push(entry);
            }
        }
        axis
    }

    fn find_slot_mut(&mut self, day: Date) -> Option<&mut TimeSlot<'a>> {
        let first = self.unit.slot_start(day);
        let index = self.slots.binary_search_by_key(&first, |slot| slot.first_day).ok()?;
        self.slots.get_mut(index)
    }

    /// The slot's name below a chart.
    pub(crate) fn short_label(&self, slot: &TimeSlot) -> String {
        let date_format = if self.unit == SlotUnit::Month { "%b %y" } else { "%-d %b" };
        slot.first_day.strftime(date_format).to_string()
    }

    /// The slot's name in a table.
    pub(crate) fn long_label(&self, slot: &TimeSlot) -> String {
        match self.unit {
            SlotUnit::Day => super::formatting::format_date(slot.first_day),
            SlotUnit::Week => slot.first_day.strftime("from %-d %b %Y").to_string(),
            SlotUnit::Month => slot.first_day.strftime("%b %Y").to_string(),
        }
    }
}
