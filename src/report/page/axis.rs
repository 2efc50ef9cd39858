//! The time that the charts run along, cut into days, weeks or months.

use super::Case;
use crate::{
    record::{Brief, Entry, SessionRecord},
    stats::Sums,
};
use jiff::{ToSpan, civil::Date};

/// More than so many days are told by the week, more than so many weeks by the month.
const MOST_DAYS: i64 = 42;
const MOST_WEEKS: i64 = 52;
/// As many slots are shown, the newest.
pub const MOST_SLOTS: usize = 60;

/// How long a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
}

impl Unit {
    pub fn word(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
        }
    }

    fn first_of(self, day: Date) -> Date {
        match self {
            Unit::Day => day,
            Unit::Week => day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days()),
            Unit::Month => day.first_of_month(),
        }
    }

    fn before(self, first: Date) -> Date {
        match self {
            Unit::Day => first.saturating_sub(1.day()),
            Unit::Week => first.saturating_sub(7.days()),
            Unit::Month => first.saturating_sub(1.month()),
        }
    }
}

/// A day, a week or a month.
#[derive(Debug)]
pub struct Slot<'a> {
    pub first: Date,
    pub sums: Sums,
    pub sessions: Vec<&'a SessionRecord>,
    pub entries: Vec<&'a Entry>,
}

/// All of them, oldest first, the empty ones too.
#[derive(Debug)]
pub struct Axis<'a> {
    pub unit: Unit,
    pub slots: Vec<Slot<'a>>,
    /// Whether there are older ones that are not shown.
    pub is_cut: bool,
}

impl<'a> Axis<'a> {
    /// From the first session or diary entry to the last.
    pub fn of(case: &'a Case) -> Axis<'a> {
        let days = || {
            let sessions = case.sessions.iter().map(|session| session.started.date());
            sessions.chain(case.entries.iter().map(|entry| entry.moment().date()))
        };
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return Axis { unit: Unit::Day, slots: Vec::new(), is_cut: false };
        };
        let length = last.since(first).map_or(i64::MAX, |span| i64::from(span.get_days()));
        let unit = match length {
            ..MOST_DAYS => Unit::Day,
            _ if length < MOST_WEEKS * 7 => Unit::Week,
            _ => Unit::Month,
        };
        let mut begin = unit.first_of(last);
        let mut slots = Vec::new();
        while slots.len() < MOST_SLOTS && begin >= unit.first_of(first) {
            slots.push(Slot {
                first: begin,
                sums: Sums::default(),
                sessions: Vec::new(),
                entries: Vec::new(),
            });
            let before = unit.before(begin);
            if before >= begin {
                break;
            }
            begin = before;
        }
        slots.reverse();
        let is_cut = slots.first().is_some_and(|slot| slot.first > unit.first_of(first));
        let mut axis = Axis { unit, slots, is_cut };
        for session in &case.sessions {
            if let Some(slot) = axis.slot(session.started.date()) {
                slot.sums.add(&Brief::of(session));
                slot.sessions.push(session);
            }
        }
        for entry in &case.entries {
            if let Some(slot) = axis.slot(entry.moment().date()) {
                slot.entries.push(entry);
            }
        }
        axis
    }

    fn slot(&mut self, day: Date) -> Option<&mut Slot<'a>> {
        let first = self.unit.first_of(day);
        let place = self.slots.binary_search_by_key(&first, |slot| slot.first).ok()?;
        self.slots.get_mut(place)
    }

    /// What a slot is called below a chart.
    pub fn short(&self, slot: &Slot) -> String {
        let form = if self.unit == Unit::Month { "%b %y" } else { "%-d %b" };
        slot.first.strftime(form).to_string()
    }

    /// What it is called in a table.
    pub fn long(&self, slot: &Slot) -> String {
        match self.unit {
            Unit::Day => super::facts::day(slot.first),
            Unit::Week => slot.first.strftime("from %-d %b %Y").to_string(),
            Unit::Month => slot.first.strftime("%b %Y").to_string(),
        }
    }
}
