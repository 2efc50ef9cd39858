//! The engine with simulated clocks: whatever people, timers and clocks do, a session's times stay right.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

mod after_end;
mod limits;
mod protocols;
mod screens;
mod spoken_text;

use easeback::{
    protocol::{
        Exposure, ExposureLimit, OptionalStep, Overrides, Phase, PhaseKind, Plan, Protocol, ProtocolPart,
        Rounds,
    },
    record::{self, Outcome, SessionRecord},
    session::{
        Actor, Alert, Command, Entry, Event, Header, Intake, JOURNAL_VERSION, Message, Repeat, ReplayError,
        Reply, Session, SessionSettings, State, SwapMode,
    },
    time::{Stamp, WallTime},
};
use insta::assert_snapshot;
use jiff::{Timestamp, tz::Offset};
use proptest::{collection::vec, prelude::*};
use std::{collections::HashSet, fmt::Write, time::Duration};
use uuid::Uuid;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
/// 2026-11-20 18:00 in Berlin.
const SIX_PM_UNIX: i64 = 1_795_194_000;

// The simulation: all clocks of a computer, and a timer.

/// The clocks of a simulated computer.
#[derive(Clone, Debug)]
struct FakeClock {
    boot: u32,
    boottime: Duration,
    monotonic: Duration,
    wall: WallTime,
}

impl FakeClock {
    fn at_six_pm() -> FakeClock {
        let wall = WallTime::new(Timestamp::from_second(SIX_PM_UNIX).unwrap(), Offset::constant(1));
        let up = Duration::from_hours(9);
        FakeClock { boot: 1, boottime: up, monotonic: up, wall }
    }

    fn stamp(&self) -> Stamp {
        let FakeClock { boot, boottime, monotonic, wall } = self.clone();
        Stamp { boot_id: format!("boot {boot}"), boottime, monotonic, wall }
    }

    fn run(&mut self, time: Duration) {
        self.monotonic += time;
        self.sleep(time);
    }

    fn sleep(&mut self, time: Duration) {
        self.boottime += time;
        self.wall = self.wall.plus(time);
    }

    fn set_wall(&mut self, seconds: i64) {
        let by = Duration::from_secs(seconds.unsigned_abs());
        self.wall = if seconds < 0 { self.wall.minus(by) } else { self.wall.plus(by) };
    }

    fn reboot(&mut self, off: Duration) {
        self.boot += 1;
        self.wall = self.wall.plus(off);
        (self.boottime, self.monotonic) = (SECOND, SECOND);
    }
}

/// Everything that can happen.
#[derive(Clone, Debug)]
enum Step {
    Run(Duration),
    Sleep(Duration),
    SetClock(i64),
    Send(Command),
    Tick,
    /// The timer is killed without a trace.
    KillTimer,
    /// The timer is terminated and writes an entry.
    TerminateTimer,
    Reboot(Duration),
    /// A new timer takes the free lease.
    StartNewTimer,
}

/// A session driven as the program drives it: the first command that finds the lease free writes the cut-off entry.
#[derive(Clone)]
struct SimulatedSession {
    clocks: FakeClock,
    session: Session,
    entries: Vec<Entry>,
    has_timer: bool,
    /// The session time that passed while a timer was running.
    timed: Duration,
}

impl SimulatedSession {
    fn from_plan(plan: Plan, swap: SwapMode, rehearse: Option<u32>) -> SimulatedSession {
        let clocks = FakeClock::at_six_pm();
        let mut lines = Session::begin(header(plan, swap, rehearse), &clocks.stamp());
        lines.push(Entry { at: clocks.stamp(), event: Event::TimerStarted { pid: 1, namespace: None } });
        let session = Session::replay(lines.clone()).unwrap();
        SimulatedSession { clocks, session, entries: lines, has_timer: true, timed: Duration::ZERO }
    }

    fn alternate(overrides: &Overrides) -> SimulatedSession {
        SimulatedSession::from_plan(alternate(overrides), SwapMode::Auto, None)
    }

    fn now(&self) -> Stamp {
        self.clocks.stamp()
    }

    fn rehearsal_speed(&self) -> u32 {
        self.session.header().settings.rehearsal_speed.unwrap_or(1)
    }

    fn append(&mut self, line: Entry) {
        self.session.apply(&line);
        self.entries.push(line);
    }

    fn write_event(&mut self, recorded: Event) {
        self.append(Entry { at: self.now(), event: recorded });
    }

    fn advance(&mut self, time: Duration, awake: bool) {
        if awake {
            self.clocks.run(time);
        } else {
            self.clocks.sleep(time);
        }
        if self.has_timer {
            self.timed += time * self.rehearsal_speed();
        }
    }

    /// Time passes and nothing happens.
    fn run(&mut self, time: Duration) -> &mut SimulatedSession {
        self.advance(time, true);
        self
    }

    fn tick(&mut self) -> Vec<Alert> {
        let lines = if self.has_timer { self.session.automatic_entries(&self.now()) } else { Vec::new() };
        lines.iter().for_each(|line| self.append(line.clone()));
        lines.iter().filter_map(alert_of_entry).collect()
    }

    /// Time passes, then the timer wakes.
    fn run_and_tick(&mut self, time: Duration) -> Vec<Alert> {
        self.run(time).tick()
    }

    fn send(&mut self, command: Command) -> Reply {
        self.record_cut_off();
        let (reply, lines) = self.session.handle(command, &self.now());
        lines.into_iter().for_each(|line| self.append(line));
        reply
    }

    /// Writes the cut-off entry if the timer is gone.
    fn record_cut_off(&mut self) {
        if !self.has_timer && !matches!(self.state(), State::CutOff | State::Ended) {
            self.write_event(Event::CutOff);
        }
    }

    fn apply_step(&mut self, step: &Step) {
        match step {
            Step::Run(time) => self.advance(*time, true),
            Step::Sleep(time) => self.advance(*time, false),
            Step::SetClock(seconds) => self.clocks.set_wall(*seconds),
            Step::Send(command) => _ = self.send(command.clone()),
            Step::Tick => _ = self.tick(),
            Step::KillTimer => self.has_timer = false,
            Step::TerminateTimer if self.has_timer => {
                self.write_event(Event::TimerTerminated);
                self.has_timer = false;
            }
            Step::Reboot(off) => {
                self.clocks.reboot(*off);
                self.has_timer = false;
                self.record_cut_off();
            }
            Step::StartNewTimer if !self.has_timer => {
                self.record_cut_off();
                self.write_event(Event::TimerStarted { pid: 2, namespace: None });
                self.has_timer = true;
            }
            Step::TerminateTimer | Step::StartNewTimer => {}
        }
    }

    fn record(&self) -> SessionRecord {
        self.session.to_record()
    }

    fn state(&self) -> State {
        self.session.snapshot(&self.now()).state
    }

    fn remaining(&self) -> Duration {
        self.session.snapshot(&self.now()).phase.remaining
    }

    /// The index of the current phase, from 0.
    fn phase_index(&self) -> usize {
        self.session.current_phase_index()
    }
}

fn alert_of_entry(line: &Entry) -> Option<Alert> {
    match &line.event {
        Event::AlertSent { alert } => Some(*alert),
        _ => None,
    }
}

fn header(plan: Plan, swap: SwapMode, rehearse: Option<u32>) -> Header {
    let settings =
        SessionSettings { swap, rehearsal_speed: rehearse, notify: true, ..SessionSettings::default() };
    header_with(plan, settings, Intake::default())
}

fn alternate(overrides: &Overrides) -> Plan {
    Protocol::find_built_in("alternate").unwrap().to_plan(overrides).unwrap()
}

fn new_plan(phases: Vec<Phase>, rounds: u32) -> Plan {
    Plan {
        protocol: "made-up".into(),
        title: "Made up".into(),
        citation: "P".into(),
        preparation: None,
        rounds,
        as_needed: false,
        max_rounds: Some(12.max(rounds)),
        rounds_citation: None,
        exposure_limits: Vec::new(),
        lying_limit: None,
        total_s: phases.iter().map(|phase| phase.planned_s).sum(),
        phases,
    }
}

fn new_phase(kind: PhaseKind, round: u32, planned_s: u64, cap_s: Option<u64>) -> Phase {
    Phase {
        kind,
        name: None,
        round,
        part: ProtocolPart::Cycle,
        planned_s,
        ends_after_s: None,
        optional: None,
        presence_check: None,
        presence_check_min_phase_s: None,
        cap_s,
        is_shortened: false,
        instruction: format!("Do {kind}."),
        citation: "P".into(),
    }
}

/// `rounds` times heat and cold of these durations.
fn heat_and_cold(heat_s: u64, cold_s: u64, rounds: u32) -> Plan {
    let round = |round| {
        [new_phase(PhaseKind::Heat, round, heat_s, None), new_phase(PhaseKind::Cold, round, cold_s, None)]
    };
    new_plan((1..=rounds).flat_map(round).collect(), rounds)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

// Strategies.

fn plans() -> impl Strategy<Value = Plan> {
    let kind = prop_oneof![
        4 => Just(PhaseKind::Heat),
        4 => Just(PhaseKind::Cold),
        1 => Just(PhaseKind::Rest),
        1 => Just(PhaseKind::Move),
        1 => Just(PhaseKind::Breathe),
    ];
    let length = prop_oneof![1..5u64, 1..=1800u64, Just(300u64), Just(1200u64)];
    let step = (kind, length, proptest::option::of(0..900u64), phase_variants());
    let lying = proptest::option::of(60..7200u64);
    (vec(step, 1..=4), 1..=12u32, lying, 0..3usize).prop_map(|(cycle, rounds, lying, parts)| {
        let round = |round| {
            cycle.iter().map(move |(kind, s, extra, variant)| {
                variant.clone().in_phase(new_phase(*kind, round, *s, extra.map(|extra| s + extra)))
            })
        };
        let mut phases: Vec<Phase> = (1..=rounds).flat_map(round).collect();
        if let (Some(last), 1, 2..) = (phases.last_mut(), parts, cycle.len()) {
            last.part = ProtocolPart::After;
        }
        phases[0].optional = None;
        // After a no the phase before continues: such a phase never has a pack.
        for index in 1..phases.len() {
            let is_pack = phases[index - 1].kind.has_pack();
            phases[index]
                .optional
                .iter_mut()
                .filter(|_| is_pack)
                .for_each(|offer| offer.ask_again_after_s = None);
            if phases[index].optional.as_ref().is_some_and(|offer| offer.ask_again_after_s.is_some()) {
                phases[index - 1].cap_s = None;
            }
        }
        let guard = |s| ExposureLimit {
            kind: PhaseKind::Rest,
            max_unbroken: Duration::from_secs(s),
            min_break: minutes(5),
            citation: "P".into(),
            carry_over: Exposure::default(),
        };
        Plan { lying_limit: lying.map(guard), ..new_plan(phases, rounds) }
    })
}

/// What a phase may ask, and how it may end.
#[derive(Clone, Debug)]
enum PhaseVariant {
    Plain,
    Optional(Option<u64>),
    PresenceCheck,
    Until(u64),
}

impl PhaseVariant {
    fn in_phase(self, phase: Phase) -> Phase {
        match self {
            PhaseVariant::Until(until) if !phase.kind.has_pack() => {
                Phase { ends_after_s: Some(until), cap_s: None, ..phase }
            }
            PhaseVariant::Plain | PhaseVariant::Until(_) => phase,
            PhaseVariant::Optional(again_s) => Phase {
                optional: Some(OptionalStep { question: "Well?".into(), ask_again_after_s: again_s }),
                ..phase
            },
            PhaseVariant::PresenceCheck => Phase { presence_check: Some("There?".into()), ..phase },
        }
    }
}

fn phase_variants() -> impl Strategy<Value = PhaseVariant> {
    prop_oneof![
        4 => Just(PhaseVariant::Plain),
        2 => proptest::option::of(1..1800u64).prop_map(PhaseVariant::Optional),
        1 => Just(PhaseVariant::PresenceCheck),
        1 => (1..9000u64).prop_map(PhaseVariant::Until),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => Just(Command::Pause),
        4 => Just(Command::Resume),
        3 => Just(Command::Next),
        2 => Just(Command::Skip),
        2 => (0..1200u64).prop_map(|s| Command::Extend(Duration::from_secs(s))),
        1 => (0..4u32).prop_map(Command::AddRounds),
        1 => (0..=12u8).prop_map(Command::RatePain),
        1 => Just(Command::Acknowledge),
        1 => ".{0,8}".prop_map(Command::AddNote),
        1 => (proptest::option::of(0..=10u8), proptest::option::of(".{0,8}"))
            .prop_map(|(pain, why)| Command::Stop { pain, why }),
    ]
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..3_000_000_000u64).prop_map(Duration::from_nanos),
        (0..90_000_000_000u64).prop_map(Duration::from_nanos),
        (0..2_400u64).prop_map(Duration::from_secs),
        (0..40_000u64).prop_map(Duration::from_secs),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => durations().prop_map(Step::Run),
        12 => Just(Step::Tick),
        8 => commands().prop_map(Step::Send),
        3 => durations().prop_map(Step::Sleep),
        2 => (-100_000..100_000i64).prop_map(Step::SetClock),
        1 => Just(Step::KillTimer),
        1 => Just(Step::TerminateTimer),
        1 => durations().prop_map(Step::Reboot),
        4 => Just(Step::StartNewTimer),
    ];
    vec(step, 0..60)
}

fn swap_modes() -> impl Strategy<Value = SwapMode> {
    prop_oneof![Just(SwapMode::Auto), Just(SwapMode::Ask)]
}

fn rehearsal_speeds() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![3 => Just(None), 1 => (1..=3600u32).prop_map(Some)]
}

prop_compose! {
    fn simulations()(plan in plans(), swap in swap_modes(), factor in rehearsal_speeds(), steps in steps())
        -> (SimulatedSession, Vec<Step>) {
        (SimulatedSession::from_plan(plan, swap, factor), steps)
    }
}

impl std::fmt::Debug for SimulatedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let phases =
            self.session.plan().phases.iter().map(|phase| (phase.kind, phase.planned_s, phase.cap_s));
        f.debug_list().entries(phases).entry(&self.session.header().settings).finish()
    }
}

fn run_steps((mut simulation, steps): (SimulatedSession, Vec<Step>)) -> SimulatedSession {
    steps.iter().for_each(|step| simulation.apply_step(step));
    simulation
}

/// The session time between the stamps of these entries, computed from the stamps alone.
fn session_time_between(lines: &[Entry], factor: u32) -> Duration {
    let mut clock = &lines[0].at;
    let mut total = Duration::ZERO;
    for line in lines {
        if !line.at.is_before_or_at(clock) {
            total += line.at.since(clock).total * factor;
            clock = &line.at;
        }
    }
    total
}

/// The entries up to the one that ended the session for good.
fn entries_until_the_end(simulation: &SimulatedSession) -> &[Entry] {
    let all = simulation.entries.len();
    let is_running = |end: &usize| !Session::replay(simulation.entries[..*end].to_vec()).unwrap().is_over();
    let ends = (1..=all).rev().find(is_running).map_or(all, |before| all.min(before + 1));
    &simulation.entries[..ends]
}

/// What passing time alone must add, given the state before.
fn expected_breakdown(before: &Session, now: &Stamp, then: &Stamp) -> easeback::session::TimeBreakdown {
    let snapshot = before.snapshot(then);
    let span = now.since(then);
    let total = span.total * before.header().settings.rehearsal_speed.unwrap_or(1);
    let mut parts = snapshot.time_breakdown;
    let is_next_optional = before.plan().optional_step_after(before.current_phase_index()).is_some()
        && snapshot.phase.pack_on_skin.is_none();
    match snapshot.state {
        State::Ended => {}
        _ if span.has_rebooted => parts.unknown += total,
        State::CutOff => parts.unknown += total,
        State::Paused => parts.paused += total,
        State::Asking if snapshot.question.is_some() && !is_next_optional => parts.overdue += total,
        State::Asking => parts.asking += total,
        State::Overdue => parts.overdue += total,
        State::Running => {
            parts.active += total.min(snapshot.phase.remaining);
            let over = total.saturating_sub(snapshot.phase.remaining);
            *(if is_next_optional { &mut parts.asking } else { &mut parts.overdue }) += over;
        }
    }
    parts
}

proptest! {
    #![proptest_config(crate::properties::property_config(128))]

    #[test]
    fn time_breakdown_sums_to_the_elapsed_time(simulated in simulations()) {
        let simulation = run_steps(simulated);
        let lines = entries_until_the_end(&simulation);
        let between = session_time_between(lines, simulation.rehearsal_speed());
        let elapsed = simulation.session.time_breakdown().elapsed();
        if elapsed != between {
            // Only the last entry of a timer may count from before the moment it was written.
            let last = lines.last().unwrap();
            prop_assert!(simulation.session.is_over());
            prop_assert!(matches!(last.event, Event::PhaseFinished { by: Actor::Timer, .. }), "{:?}", last.event);
            prop_assert!(elapsed < between && between - elapsed <= 2 * SECOND * simulation.rehearsal_speed());
            let late = (between - elapsed) / simulation.rehearsal_speed();
            prop_assert_eq!(simulation.session.snapshot(&last.at).ends_at, last.at.wall.minus(late));
        }
    }

    #[test]
    fn elapsed_time_is_counted_in_the_current_state(simulated in simulations(), wait in durations()) {
        let (mut simulation, steps) = simulated;
        let mut then = simulation.now();
        for step in steps {
            if simulation.clocks.boot.to_string() == then.boot_id["boot ".len()..] {
                let (now, passed) = (simulation.now(), simulation.session.snapshot(&simulation.now()));
                prop_assert_eq!(passed.time_breakdown, expected_breakdown(&simulation.session, &now, &then));
                prop_assert_eq!(passed.phase.elapsed + passed.phase.remaining, passed.phase.planned);
            }
            let written = simulation.entries.len();
            simulation.apply_step(&step);
            let last = &simulation.entries.last().unwrap().at;
            if simulation.entries.len() > written && !last.is_before_or_at(&then) {
                then = last.clone();
            }
        }
        let parts = simulation.session.time_breakdown();
        simulation.clocks.reboot(wait);
        let later = simulation.session.snapshot(&simulation.now()).time_breakdown;
        let unknown = if simulation.session.is_over() { Duration::ZERO } else {
            simulation.now().wall.since(&then.wall) * simulation.rehearsal_speed()
        };
        prop_assert_eq!(later.unknown, parts.unknown + unknown);
        prop_assert_eq!(later.elapsed(), parts.elapsed() + unknown);
    }

    #[test]
    fn phase_never_exceeds_its_length_or_its_cap(simulated in simulations()) {
        let (mut simulation, steps) = simulated;
        for step in steps {
            simulation.apply_step(&step);
            let plan = simulation.session.plan().phases[simulation.phase_index()].clone();
            let phase = simulation.session.snapshot(&simulation.now()).phase;
            prop_assert!(phase.elapsed <= phase.planned);
            let cap = plan.cap_s.map_or(Duration::MAX, Duration::from_secs);
            prop_assert!(phase.planned <= cap, "{:?} over {:?}", phase, cap);
        }
        let record = simulation.record();
        let longest = |phase: &Phase| phase.ends_after_s.unwrap_or_default().max(phase.planned_s);
        let planned: u64 = simulation.session.plan().phases.iter().map(longest).sum();
        prop_assert!(record.active_s <= planned + record.extended_s);
        for (phase, plan) in record.phases.iter().zip(&simulation.session.plan().phases) {
            let length = plan.ends_after_s.map_or(plan.planned_s, |until| until.max(plan.planned_s));
            prop_assert!(phase.actual_s <= plan.cap_s.unwrap_or(length + record.extended_s));
        }
    }

    #[test]
    fn replaying_the_serialized_journal_restores_the_state(simulated in simulations()) {
        let simulation = run_steps(simulated);
        let json: Vec<String> = simulation.entries.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
        let read: Vec<Entry> = json.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        prop_assert_eq!(&read, &simulation.entries);
        let replayed = Session::replay(read).unwrap();
        prop_assert_eq!(replayed.to_record(), simulation.record());
        prop_assert_eq!(replayed, simulation.session);
    }

    #[test]
    fn second_tick_at_the_same_time_changes_nothing(simulated in simulations()) {
        let (mut simulation, steps) = simulated;
        for step in steps {
            simulation.apply_step(&step);
            simulation.tick();
            if simulation.has_timer {
                prop_assert_eq!(simulation.session.automatic_entries(&simulation.now()), vec![]);
                prop_assert_eq!(simulation.session.due_alerts(&simulation.now()), vec![]);
            }
        }
    }

    #[test]
    fn repeated_command_applies_once(simulated in simulations(), command in commands()) {
        let mut simulation = run_steps(simulated);
        let first = simulation.send(command.clone());
        let lines = simulation.entries.len();
        let second = simulation.send(command.clone());
        let once = matches!(command, Command::Pause | Command::Resume | Command::Stop { .. });
        if once && matches!(first, Reply::Done(_)) {
            prop_assert!(matches!(second, Reply::Already(_)), "{:?}", second);
            prop_assert_eq!(simulation.entries.len(), lines);
        }
        let text = match second { Reply::Done(text) | Reply::Already(text) | Reply::Refused(text) => text };
        prop_assert!(!text.is_empty() && !text.contains('\n'));
    }

    #[test]
    fn only_applied_commands_write_entries(simulated in simulations(), command in commands()) {
        let simulation = run_steps(simulated);
        let (reply, lines) = simulation.session.handle(command, &simulation.now());
        prop_assert_eq!(matches!(reply, Reply::Done(_)), !lines.is_empty());
    }

    #[test]
    fn alerts_are_in_order_and_never_repeated(simulated in simulations()) {
        let simulation = run_steps(simulated);
        // An added round takes back the end, and an extension takes back a deadline.
        let (mut taken_back, mut longer) = (Vec::new(), Vec::new());
        let mut alerts: Vec<Alert> = Vec::new();
        for line in simulation.entries.iter().rev() {
            match line.event {
                Event::RoundsAdded { .. } => taken_back.push(Alert::Completed),
                Event::PhaseExtended { phase, .. } => longer.push(phase),
                // After a return, open alerts are repeated.
                Event::Resumed | Event::TimerStarted { .. } => longer.extend(0..100),
                Event::AlertSent { alert } if longer.iter().any(|phase| alert.is_for_phase_end(*phase)) => {}
                Event::AlertSent { alert } if !taken_back.contains(&alert) => alerts.push(alert),
                _ => {}
            }
        }
        alerts.reverse();
        let ranks: Vec<usize> = alerts.iter().filter_map(|alert| alert_order(*alert)).collect();
        prop_assert!(ranks.is_sorted(), "{:?}", alerts);
        let once: HashSet<Alert> = alerts.iter().copied().collect();
        prop_assert_eq!(once.len(), alerts.len(), "{:?}", alerts);
    }

    #[test]
    fn truncated_journal_never_claims_more_than_happened(simulated in simulations(), at in any::<prop::sample::Index>()) {
        let simulation = run_steps(simulated);
        let bytes: String = simulation.entries.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
        let torn = &bytes.as_bytes()[..at.index(bytes.len() + 1)];
        let lines = torn.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        match Session::replay(lines) {
            Err(error) => prop_assert_eq!(error, ReplayError::MissingHeader),
            Ok(torn) => {
                prop_assert!(torn.time_breakdown().active <= simulation.session.time_breakdown().active);
                prop_assert!(torn.time_breakdown().active <= simulation.timed);
                for kind in ["heat", "cold"] {
                    prop_assert!(treatment_seconds(&torn.to_record(), kind) <= treatment_seconds(&simulation.record(), kind));
                }
            }
        }
        prop_assert!(simulation.session.time_breakdown().active <= simulation.timed);
    }

    #[test]
    fn snapshot_is_consistent_at_any_time(
        simulated in simulations(), boot in 0..4u32, up in any::<u64>(), awake in any::<u64>(), wall in any::<i32>(),
    ) {
        let simulation = run_steps(simulated);
        let wall = WallTime::new(Timestamp::from_second(i64::from(wall)).unwrap(), Offset::UTC);
        let (boottime, monotonic) = (Duration::from_nanos(up), Duration::from_nanos(awake));
        let stamp = Stamp { boot_id: format!("boot {boot}"), boottime, monotonic, wall };
        for now in [&stamp, &simulation.entries[0].at, &simulation.now()] {
            let snapshot = simulation.session.snapshot(now);
            prop_assert_eq!(snapshot.phase.elapsed + snapshot.phase.remaining, snapshot.phase.planned);
            prop_assert!(snapshot.session_percentage <= 100);
            prop_assert!(snapshot.round >= 1 && snapshot.round <= snapshot.rounds);
            prop_assert!(snapshot.time_breakdown.elapsed() >= simulation.session.time_breakdown().elapsed());
            simulation.session.due_alerts(now).into_iter().for_each(|alert| _ = simulation.session.alert_message(alert));
            let _ = (simulation.session.automatic_entries(now), simulation.session.handle(Command::Next, now));
        }
    }

    #[test]
    fn deadline_is_never_before_the_last_entry(simulated in simulations()) {
        let (mut simulation, steps) = simulated;
        for step in steps {
            simulation.apply_step(&step);
            let last = simulation.entries.last().unwrap();
            match simulation.session.deadline() {
                None => prop_assert!(simulation.session.is_over()),
                Some(deadline) => prop_assert!(last.at.is_before_or_at(&deadline)),
            }
        }
    }

    #[test]
    fn waking_only_at_deadlines_never_spins_and_always_ends(simulated in simulations()) {
        let mut simulation = run_steps(simulated);
        simulation.tick();
        if simulation.has_timer && simulation.session.has_timer() {
            let mut iterations = 0;
            while let Some(deadline) = simulation.session.deadline() {
                let wait = deadline.boottime.saturating_sub(simulation.clocks.boottime);
                let before = simulation.entries.len();
                simulation.run_and_tick(wait);
                prop_assert!(simulation.entries.len() > before, "it spins: {:?} {:?}", simulation.state(), simulation.entries.last());
                iterations += 1;
                prop_assert!(iterations < 20_000, "no end");
            }
            prop_assert!(simulation.session.can_remove_journal(&simulation.now(), true));
        }
    }

    #[test]
    fn timer_writes_nothing_before_the_deadline(simulated in simulations(), early in 1..200u64) {
        let mut simulation = run_steps(simulated);
        simulation.tick();
        if let (true, Some(deadline)) = (simulation.has_timer, simulation.session.deadline()) {
            let early = (deadline.boottime.saturating_sub(Duration::from_nanos(early))).max(simulation.clocks.boottime);
            if early < deadline.boottime {
                let before = Stamp { boottime: early, monotonic: early, ..deadline };
                prop_assert_eq!(simulation.session.automatic_entries(&before), vec![]);
            }
        }
    }

    #[test]
    fn record_matches_the_journal(simulated in simulations()) {
        let simulation = run_steps(simulated);
        let record = simulation.record();
        prop_assert_eq!(&Session::replay(simulation.entries.clone()).unwrap().to_record(), &record);
        let line = record::HistoryLine::Session(record.clone());
        prop_assert_eq!(&record::HistoryLine::parse(&line.to_json()).unwrap(), &line);
        let sum = |value: fn(&record::PhaseRecord) -> u64| record.phases.iter().map(value).sum::<u64>();
        prop_assert!(sum(|phase| phase.actual_s) <= record.active_s);
        prop_assert!(record.active_s - sum(|phase| phase.actual_s) <= record.phases.len() as u64);
        prop_assert!(sum(|phase| phase.overdue_s) <= record.overdue_s);
        let elapsed = simulation.session.time_breakdown().elapsed().as_secs();
        let parts = record.active_s + record.paused_s + record.overdue_s + record.asking_s + record.unknown_s;
        prop_assert!(parts <= elapsed && elapsed <= parts + 5);
        prop_assert!(record.slept_s <= elapsed);
    }

    #[test]
    fn each_recorded_phase_has_the_right_outcome(simulated in simulations()) {
        let simulation = run_steps(simulated);
        let record = simulation.record();
        let last = simulation.phase_index();
        let given_up = simulation.entries.iter().any(|line| line.event == Event::Abandoned);
        for (index, phase) in record.phases.iter().enumerate() {
            let plan = &simulation.session.plan().phases[index];
            let right = match &phase.outcome {
                Outcome::Completed => phase.actual_s >= phase.planned_s || plan.ends_after_s.is_some(),
                Outcome::CutShort => index < last || record.outcome != Outcome::Interrupted || given_up,
                Outcome::Unknown => index == last && record.outcome == Outcome::Interrupted,
                Outcome::NotBegun => {
                    let never = phase.started.is_none() && phase.actual_s == 0;
                    never && (index > last || plan.optional.is_some())
                }
                other => panic!("{other:?} is no end of a phase"),
            };
            prop_assert!(right, "phase {}: {:?} of {:?}", index, phase, record.outcome);
        }
        prop_assert_eq!(record.outcome == Outcome::Interrupted && !given_up, record.ended.is_none());
        if record.outcome == Outcome::Completed {
            prop_assert_eq!(last + 1, record.phases.len());
        }
    }
}

/// The position of an alert in a session; alerts about pauses and repeated ones have none.
fn alert_order(alert: Alert) -> Option<usize> {
    Some(match alert {
        Alert::SessionStart => 0,
        Alert::Swap { phase } => 2 * phase,
        Alert::SwapSoon { phase } | Alert::PhaseTimeUp { phase } => 2 * phase + 1,
        Alert::OptionalPrompt { phase } => 2 * phase - 1,
        Alert::Completed | Alert::Stopped | Alert::Abandoned => usize::MAX,
        Alert::ResumePrompt { .. }
        | Alert::Paused { .. }
        | Alert::Resumed { .. }
        | Alert::Repeated { .. }
        | Alert::GetUp { .. } => return None,
    })
}

fn treatment_seconds(record: &SessionRecord, kind: &str) -> u64 {
    record.phases.iter().filter(|phase| phase.kind == kind).map(|phase| phase.actual_s).sum()
}

// A timer that only sleeps until the deadline, and wakes late each time.

/// All alerts with their times, and how often the timer woke.
fn run_through_deadlines(
    simulation: &mut SimulatedSession,
    late: &mut impl FnMut() -> Duration,
) -> (Vec<(Alert, WallTime)>, usize) {
    let mut iterations = 1;
    let mut alerts: Vec<_> =
        simulation.tick().into_iter().map(|alert| (alert, simulation.now().wall)).collect();
    while let (false, Some(deadline)) = (simulation.session.is_over(), simulation.session.deadline()) {
        let wait = deadline.boottime.saturating_sub(simulation.clocks.boottime) + late();
        alerts.extend(simulation.run_and_tick(wait).into_iter().map(|alert| (alert, simulation.now().wall)));
        iterations += 1;
        assert!(iterations < 20_000, "it spins");
    }
    (alerts, iterations)
}

/// When each phase and the end should start.
fn ideal_phase_starts(plan: &Plan) -> Vec<WallTime> {
    let start = FakeClock::at_six_pm().wall;
    let sums = plan.phases.iter().scan(Duration::ZERO, |sum, phase| {
        *sum += phase.planned_duration();
        Some(start.plus(*sum))
    });
    std::iter::once(start).chain(sums).collect()
}

proptest! {
    #![proptest_config(crate::properties::property_config(12))]

    #[test]
    fn drift_does_not_accumulate_over_a_hundred_phases(
        lengths in vec(2..=1800u64, 100), lateness in vec(0..=1_900_000_000u64, 1..50),
    ) {
        let kinds = [PhaseKind::Heat, PhaseKind::Cold].into_iter().cycle();
        let phases = lengths.iter().zip(kinds).map(|(s, kind)| new_phase(kind, 1, *s, None)).collect();
        let plan = new_plan(phases, 1);
        let mut simulation = SimulatedSession::from_plan(plan.clone(), SwapMode::Auto, None);
        let mut delays = lateness.iter().cycle().map(|ns| Duration::from_nanos(*ns));
        let (alerts, iterations) = run_through_deadlines(&mut simulation, &mut || delays.next().unwrap());

        let ideal = ideal_phase_starts(&plan);
        let record = simulation.record();
        prop_assert_eq!(&record.outcome, &Outcome::Completed);
        prop_assert_eq!(record.ended, Some(ideal[100]));
        for (phase, (start, length)) in record.phases.iter().zip(ideal.iter().zip(&lengths)) {
            prop_assert_eq!(phase.started, Some(*start));
            prop_assert_eq!((phase.actual_s, phase.overdue_s), (*length, 0));
        }
        prop_assert_eq!(simulation.session.time_breakdown().overdue, Duration::ZERO);
        for (alert, at) in &alerts {
            if let Alert::Swap { phase } = alert {
                prop_assert!(*at >= ideal[*phase] && at.since(&ideal[*phase]) < 2 * SECOND);
            }
        }
        let swaps = alerts.iter().filter(|(alert, _)| matches!(alert, Alert::Swap { .. })).count();
        prop_assert_eq!(swaps, 99);
        let minutes = usize::try_from(lengths.iter().sum::<u64>() / 60).unwrap();
        prop_assert!(iterations <= minutes + 3 * 100 + 2, "{} looks in {} minutes", iterations, minutes);
    }

    #[test]
    fn rehearsal_does_not_drift(lengths in vec(1..=1800u64, 100), factor in 1..=3600u32) {
        let phases = lengths.iter().map(|s| new_phase(PhaseKind::Heat, 1, *s, None)).collect();
        let mut simulation = SimulatedSession::from_plan(new_plan(phases, 1), SwapMode::Auto, Some(factor));
        run_through_deadlines(&mut simulation, &mut || Duration::from_micros(50));
        let total = Duration::from_secs(lengths.iter().sum());
        prop_assert_eq!(simulation.session.time_breakdown().active, total);
        let took = simulation.session.snapshot(&simulation.now()).ends_at.since(&FakeClock::at_six_pm().wall);
        let ideal = total / factor;
        prop_assert!(took >= ideal && took - ideal <= Duration::from_nanos(1), "{:?} for {:?}", took, ideal);
    }
}

// Scenarios.

#[test]
fn default_session_alerts_at_its_key_times() {
    let mut simulation = SimulatedSession::alternate(&Overrides::default());
    assert_eq!(simulation.tick(), [Alert::SessionStart]);
    assert_eq!(simulation.run_and_tick(Duration::from_secs(1079)), []);
    assert_eq!(simulation.run_and_tick(SECOND), [Alert::SwapSoon { phase: 0 }]);
    assert_eq!(simulation.run_and_tick(Duration::from_secs(119)), []);
    assert_eq!((simulation.phase_index(), simulation.remaining()), (0, SECOND));
    assert_eq!(simulation.run_and_tick(SECOND), [Alert::Swap { phase: 1 }]);
    assert_eq!((simulation.phase_index(), simulation.remaining()), (1, minutes(10)));
    assert_eq!(simulation.send(Command::Next), Reply::Done("already swapped: 10 min left".into()));
    assert_eq!(simulation.send(Command::Next), Reply::Already("already swapped".into()));
    assert_eq!(simulation.run_and_tick(minutes(8)), [Alert::SwapSoon { phase: 1 }]);
    assert_eq!(simulation.run_and_tick(minutes(2)), [Alert::Swap { phase: 2 }]);
    for (phase, wait) in [(3, 20), (4, 10), (5, 20)] {
        simulation.send(Command::Next);
        assert_eq!(simulation.run_and_tick(minutes(wait - 2)), [Alert::SwapSoon { phase: phase - 1 }]);
        assert_eq!(simulation.run_and_tick(minutes(2)), [Alert::Swap { phase }]);
    }
    simulation.send(Command::Next);
    // Nothing follows the last phase, so there is nothing to prepare.
    assert_eq!(simulation.run_and_tick(Duration::from_secs(599)), []);
    assert_eq!(simulation.run_and_tick(SECOND), [Alert::Completed]);
    assert_eq!(simulation.state(), State::Ended);
}

#[test]
fn default_session_writes_the_expected_record() {
    let mut simulation = SimulatedSession::alternate(&Overrides::default());
    run_through_deadlines(&mut simulation, &mut || Duration::from_millis(5));
    let record = simulation.record();
    assert_eq!((record.planned_s, record.active_s, record.outcome), (5400, 5400, Outcome::Completed));
    assert_eq!(record.started.to_string(), "2026-11-20T18:00:00+01:00");
    assert_eq!(record.ended.unwrap().to_string(), "2026-11-20T19:30:00+01:00");
    let rows = record.phases.iter().map(|phase| {
        let started = phase.started.unwrap().format_hour_minute_second();
        format!("{} {} {} {started} {}", phase.round, phase.kind, phase.actual_s, phase.outcome.label())
    });
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            "1 heat 1200 18:00:00 completed",
            "1 cold 600 18:20:00 completed",
            "2 heat 1200 18:30:00 completed",
            "2 cold 600 18:50:00 completed",
            "3 heat 1200 19:00:00 completed",
            "3 cold 600 19:20:00 completed",
        ]
    );
}

#[test]
fn short_session_writes_the_expected_journal() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(2, 1, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut simulation, &mut || Duration::from_millis(7));
    let messages: Vec<String> = simulation.entries[1..]
        .iter()
        .map(|line| {
            let value = serde_json::to_value(line).unwrap();
            let at = (line.at.boottime - simulation.entries[0].at.boottime).as_millis();
            format!("{at} {} {}", value["fact"].as_str().unwrap(), value["alert"])
        })
        .collect();
    assert_eq!(
        messages,
        [
            "0 timer null",
            "0 told {\"what\":\"start\"}",
            "2007 next null",
            "2007 told {\"phase\":1,\"what\":\"swap\"}",
            "3007 next null",
            "3007 told {\"what\":\"end\"}",
        ]
    );
}

#[test]
fn alternate_session_messages_match_snapshot() {
    let simulation =
        SimulatedSession::alternate(&Overrides { rounds: Some(Rounds::Fixed(2)), ..Overrides::default() });
    assert_snapshot!(all_messages(&simulation.session), @"
    Heat now, 20 min
      Lie on your side, a pillow between your knees, the heating pad over the sore place. The pad is covered, on low or medium, on top of you and never under you. Stay awake.
    In 2 min: cold (urgent)
      Get the cold pack ready, in its cover.
    Heat off, cold on: 10 min (urgent)
      Cold pack in its cover, under the sore place. On your back with pillows under your knees, or on your side with a pillow between them. Look at the skin: red, blistered or numb? Then stop.
    In 2 min: heat (urgent)
      Get the heating pad ready: cover on, plugged in, on low or medium.
    Cold off, heat on: 20 min (urgent)
      Lie on your side, a pillow between your knees, the heating pad over the sore place. The pad is covered, on low or medium, on top of you and never under you. Stay awake. Look at the skin: red, blistered or numb? Then stop.
    In 2 min: cold (urgent)
      Get the cold pack ready, in its cover.
    Heat off, cold on: 10 min (urgent)
      Cold pack in its cover, under the sore place. On your back with pillows under your knees, or on your side with a pillow between them. Look at the skin: red, blistered or numb? Then stop.
    Done. Take the pad off. (critical) (urgent)
      Look at the skin: red, blistered or numb? Then stop. Move as much as the pain allows. What you did is kept.
    Stopped. Take the pad off.
      What you did is kept.
    ");
}

#[test]
fn rehearsal_messages_match_snapshot() {
    let short = Overrides { rounds: Some(Rounds::Fixed(1)), ..Overrides::default() };
    let simulation = SimulatedSession::from_plan(alternate(&short), SwapMode::Auto, Some(60));
    assert_snapshot!(all_messages(&simulation.session), @"
    REHEARSAL: Heat now, 20 min
      Lie on your side, a pillow between your knees, the heating pad over the sore place. The pad is covered, on low or medium, on top of you and never under you. Stay awake.
    REHEARSAL: In 2 min: cold (urgent)
      Get the cold pack ready, in its cover.
    REHEARSAL: Heat off, cold on: 10 min (urgent)
      Cold pack in its cover, under the sore place. On your back with pillows under your knees, or on your side with a pillow between them. Look at the skin: red, blistered or numb? Then stop.
    REHEARSAL: Done. Take the pad off. (critical) (urgent)
      Look at the skin: red, blistered or numb? Then stop. Move as much as the pain allows. Nothing was recorded.
    REHEARSAL: Stopped. Take the pad off.
      Nothing was recorded.
    ");
}

#[test]
fn heat_and_rest_messages_match_snapshot() {
    let phases = vec![new_phase(PhaseKind::Heat, 1, 600, None), new_phase(PhaseKind::Rest, 1, 600, None)];
    let simulation = SimulatedSession::from_plan(new_plan(phases, 1), SwapMode::Auto, None);
    assert_snapshot!(all_messages(&simulation.session), @"
    Heat now, 10 min
      Do heat.
    In 2 min: rest (urgent)
      Get ready.
    Heat off, rest now: 10 min (urgent)
      Do rest. Look at the skin: red, blistered or numb? Then stop.
    Done. Take the pad off. (critical) (urgent)
      Look at the skin: red, blistered or numb? Then stop. Move as much as the pain allows. What you did is kept.
    Stopped. Take the pad off.
      What you did is kept.
    ");
}

fn all_messages(session: &Session) -> String {
    let phases = session.plan().phases.len();
    let swaps = (1..phases).flat_map(|phase| [Alert::SwapSoon { phase: phase - 1 }, Alert::Swap { phase }]);
    let alerts = std::iter::once(Alert::SessionStart).chain(swaps).chain([Alert::Completed, Alert::Stopped]);
    alerts.fold(String::new(), |mut words, alert| {
        let message = session.alert_message(alert);
        let (title, text) = (&message.title, message.body_and_how_to_answer());
        let Message { is_critical: critical, is_urgent: urgent, .. } = message;
        let labels = [(critical, " (critical)"), (urgent, " (urgent)")];
        let labels: String = labels.into_iter().filter(|(set, _)| *set).map(|(_, label)| label).collect();
        write!(words, "{title}{labels}\n  {text}\n").unwrap();
        words
    })
}

#[test]
fn pause_stops_the_clock_past_the_deadline() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run_and_tick(minutes(19));
    assert_eq!(simulation.send(Command::Pause), Reply::Done("paused: take the pad off".into()));
    assert_eq!(simulation.tick(), [Alert::Paused { clock_stop_number: 1 }]);
    let repeated = Alert::Repeated { reason: Repeat::Paused, phase: 0, clock_stop_number: 1, nth: 1 };
    assert_eq!(simulation.run_and_tick(minutes(10)), [repeated]);
    assert_eq!(simulation.run_and_tick(minutes(20)), []);
    assert_eq!((simulation.state(), simulation.remaining()), (State::Paused, MINUTE));
    assert_eq!(simulation.send(Command::Pause), Reply::Already("already paused".into()));
    assert_eq!(simulation.send(Command::Resume), Reply::Done("going on".into()));
    assert_eq!(simulation.run_and_tick(Duration::from_secs(59)), [Alert::Resumed { clock_stop_number: 1 }]);
    assert_eq!(simulation.run_and_tick(SECOND), [Alert::Swap { phase: 1 }]);
    assert_eq!((simulation.record().paused_s, simulation.record().phases[0].actual_s), (1800, 1200));
}

#[test]
fn timer_writes_a_heartbeat_every_minute() {
    let mut simulation = SimulatedSession::alternate(&Overrides::default());
    simulation.tick();
    for _ in 0..3 {
        simulation.run(MINUTE - Duration::from_nanos(1));
        assert_eq!(simulation.session.automatic_entries(&simulation.now()), []);
        simulation.run(Duration::from_nanos(1)).tick();
        assert_eq!(simulation.entries.last().unwrap().event, Event::TimerAlive);
        assert_eq!(simulation.session.deadline(), Some(simulation.now().plus(MINUTE)));
    }
}

#[test]
fn deadline_of_an_extended_phase_is_alerted_again() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 60, 1), SwapMode::Ask, None);
    simulation.tick();
    assert_eq!(simulation.run_and_tick(MINUTE), [Alert::PhaseTimeUp { phase: 0 }]);
    simulation.send(Command::Extend(minutes(2)));
    assert_eq!(simulation.run_and_tick(minutes(2)), [Alert::PhaseTimeUp { phase: 0 }]);
    assert_eq!(
        simulation.session.deadline(),
        Some(simulation.now().plus(MINUTE)),
        "and then it is time to wait"
    );
}

#[test]
fn skipped_phase_is_recorded_as_cut_short() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(minutes(5));
    assert_eq!(
        simulation.send(Command::Next),
        Reply::Already("this phase has 15 min to go; only `skip` cuts it short".into())
    );
    assert_eq!(simulation.send(Command::Skip), Reply::Done("cold now, 10 min".into()));
    assert_eq!(simulation.tick(), [Alert::Swap { phase: 1 }]);
    assert_eq!(simulation.send(Command::Skip), Reply::Done("that was the last phase".into()));
    assert_eq!(simulation.tick(), [Alert::Completed]);
    let record = simulation.record();
    assert_eq!(record.outcome, Outcome::Completed);
    assert_eq!((record.phases[0].actual_s, &record.phases[0].outcome), (300, &Outcome::CutShort));
    assert_eq!((record.phases[1].actual_s, &record.phases[1].outcome), (0, &Outcome::CutShort));
}

#[test]
fn stop_is_recorded_with_pain_and_reason() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(minutes(5));
    let stop = || Command::Stop { pain: Some(3), why: Some("the door".into()) };
    assert_eq!(simulation.send(stop()), Reply::Done("stopped".into()));
    assert_eq!(simulation.tick(), [Alert::Stopped]);
    assert_eq!(simulation.send(stop()), Reply::Already("the session is stopped already".into()));
    assert_eq!(simulation.send(Command::Pause), Reply::Already("the session is over already".into()));
    let record = simulation.record();
    assert_eq!((&record.outcome, record.active_s), (&Outcome::Stopped, 300));
    assert_eq!((record.pain_after, record.stop_reason.as_deref()), (Some(3), Some("the door")));
    assert_eq!(record.phases[0].outcome, Outcome::CutShort);
    assert_eq!(record.phases[1].outcome, Outcome::NotBegun);
}

#[test]
fn pain_after_the_end_is_recorded() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(2, 1, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    assert_eq!(
        simulation.send(Command::RatePain(11)),
        Reply::Refused("pain is a number from 0 to 10".into())
    );
    assert_eq!(simulation.send(Command::RatePain(4)), Reply::Done("pain 4 noted".into()));
    assert_eq!(simulation.record().pain_after, Some(4));
}

#[test]
fn extension_stays_within_the_cap() {
    let plan = new_plan(vec![new_phase(PhaseKind::Heat, 1, 900, Some(1200))], 1);
    let mut simulation = SimulatedSession::from_plan(plan, SwapMode::Auto, None);
    simulation.tick();
    simulation.run(minutes(10));
    assert_eq!(simulation.send(Command::Extend(minutes(4))), Reply::Done("4 min more: 19 min in all".into()));
    assert_eq!(simulation.remaining(), minutes(9));
    assert_eq!(
        simulation.send(Command::Extend(minutes(2))),
        Reply::Refused("21 min of heat is over what is left of the limit, 20 min".into())
    );
    assert_eq!(simulation.send(Command::Extend(MINUTE)), Reply::Done("1 min more: 20 min in all".into()));
    assert_eq!(simulation.run_and_tick(minutes(10)), [Alert::Completed]);
    assert_eq!((simulation.record().active_s, simulation.record().extended_s), (1200, 300));
}

#[test]
fn rounds_can_be_added_up_to_the_limit() {
    let plan = Plan { max_rounds: Some(12), ..alternate(&Overrides::default()) };
    let mut simulation = SimulatedSession::from_plan(plan, SwapMode::Auto, None);
    assert_eq!(simulation.send(Command::AddRounds(9)), Reply::Done("12 rounds now".into()));
    assert_eq!(
        simulation.send(Command::AddRounds(1)),
        Reply::Refused("13 rounds are over the limit of 12 (our choice)".into())
    );
    assert_eq!(simulation.session.plan().phases.len(), 24);
    assert_eq!(simulation.record().planned_s, 12 * 1800);
    run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    assert_eq!((simulation.record().outcome, simulation.record().active_s), (Outcome::Completed, 12 * 1800));
}

#[test]
fn phase_is_overdue_after_sleep_and_no_round_is_added() {
    let mut simulation = SimulatedSession::alternate(&Overrides::default());
    simulation.tick();
    simulation.run_and_tick(minutes(20));
    simulation.apply_step(&Step::Sleep(Duration::from_mins(130)));
    let asleep = simulation.session.snapshot(&simulation.now());
    assert_eq!((asleep.state, asleep.phase.kind, asleep.round), (State::Overdue, PhaseKind::Cold, 1));
    assert_eq!(asleep.phase.overdue, minutes(120));
    assert_eq!(simulation.tick(), [Alert::ResumePrompt { phase: 1, clock_stop_number: 1 }]);
    assert_eq!(
        (simulation.state(), simulation.phase_index()),
        (State::Overdue, 1),
        "nobody has said to go on"
    );
    assert_eq!(simulation.send(Command::Next), Reply::Done("heat now, 20 min".into()));
    assert_eq!(simulation.tick(), [Alert::Swap { phase: 2 }]);
    assert_eq!((simulation.phase_index(), simulation.remaining()), (2, minutes(20)));
    let record = simulation.record();
    assert_eq!((record.phases[1].actual_s, record.phases[1].overdue_s), (600, 7200));
    assert_eq!((record.phases[1].slept_s, record.active_s), (7800, 1800));
}

#[test]
fn late_swap_starts_the_next_phase_when_it_is_written() {
    for (lateness, start, remaining) in
        [(2000, "18:20:00", 598_000), (2001, "18:20:02", 600_000), (3000, "18:20:03", 600_000)]
    {
        let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
        simulation.tick();
        simulation.run_and_tick(minutes(20) + Duration::from_millis(lateness));
        assert_eq!(simulation.record().phases[1].started.unwrap().format_hour_minute_second(), start);
        assert_eq!(simulation.remaining(), Duration::from_millis(remaining));
    }
}

#[test]
fn swap_ask_waits_for_the_person() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Ask, None);
    simulation.tick();
    simulation.run_and_tick(minutes(20));
    assert_eq!((simulation.state(), simulation.phase_index()), (State::Overdue, 0));
    simulation.run_and_tick(minutes(3));
    assert_eq!(simulation.send(Command::Next), Reply::Done("cold now, 10 min".into()));
    assert_eq!(simulation.tick(), [Alert::Swap { phase: 1 }]);
    assert_eq!((simulation.remaining(), simulation.record().phases[0].overdue_s), (minutes(10), 180));
}

#[test]
fn killed_timer_leaves_unknown_time_and_a_new_timer_continues() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run_and_tick(minutes(5));
    simulation.run(SECOND).apply_step(&Step::KillTimer);
    simulation.run(minutes(60)).apply_step(&Step::StartNewTimer);
    assert_eq!((simulation.state(), simulation.remaining()), (State::Running, minutes(15)));
    assert_eq!(simulation.run_and_tick(minutes(13)), [Alert::SwapSoon { phase: 0 }]);
    assert_eq!(simulation.run_and_tick(minutes(2)), [Alert::Swap { phase: 1 }]);
    assert_eq!((simulation.record().active_s, simulation.record().unknown_s), (1200, 3601));
}

#[test]
fn timer_exit_entry_ends_the_known_time() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(Duration::from_secs(90)).apply_step(&Step::TerminateTimer);
    assert_eq!(simulation.state(), State::CutOff);
    simulation.run(minutes(60)).apply_step(&Step::StartNewTimer);
    assert_eq!((simulation.record().active_s, simulation.record().unknown_s), (90, 3600));
}

#[test]
fn reboot_during_a_pause_keeps_it_paused() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(minutes(5));
    simulation.send(Command::Pause);
    simulation.apply_step(&Step::Reboot(minutes(7)));
    simulation.apply_step(&Step::StartNewTimer);
    assert_eq!((simulation.state(), simulation.remaining()), (State::Paused, minutes(15)));
    assert_eq!((simulation.record().unknown_s, simulation.record().paused_s), (420, 0));
}

#[test]
fn cut_off_session_is_recorded_as_interrupted() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run_and_tick(minutes(20));
    simulation.run_and_tick(minutes(4));
    simulation.apply_step(&Step::KillTimer);
    simulation.run(minutes(30)).record_cut_off();
    let record = simulation.record();
    assert_eq!((&record.outcome, record.ended), (&Outcome::Interrupted, None));
    assert_eq!((record.active_s, record.unknown_s), (1440, 1800));
    assert_eq!(record.phases[0].outcome, Outcome::Completed);
    assert_eq!((&record.phases[1].outcome, record.phases[1].actual_s), (&Outcome::Unknown, 240));
}

#[test]
fn setting_the_clock_moves_no_deadline_and_no_total() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(minutes(10)).apply_step(&Step::SetClock(-7200));
    assert_eq!(simulation.remaining(), minutes(10));
    assert_eq!(simulation.run_and_tick(minutes(10)), [Alert::Swap { phase: 1 }]);
    simulation.apply_step(&Step::SetClock(86_400));
    assert_eq!(simulation.remaining(), minutes(10));
    assert_eq!(simulation.record().active_s, 1200);
}

#[test]
fn invalid_entries_change_nothing() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    let invalid = [
        Event::PhaseFinished { from_phase: 1, by: Actor::Person },
        Event::PhaseFinished { from_phase: 0, by: Actor::Timer },
        Event::PhaseSkipped { from_phase: usize::MAX },
        Event::PhaseExtended { phase: 7, by_s: u64::MAX },
        Event::Resumed,
        Event::Unknown,
        Event::Warning { text: "no bus".into() },
        Event::Started(Box::new(header(heat_and_cold(1, 1, 1), SwapMode::Ask, None))),
    ];
    let before = simulation.session.clone();
    invalid.into_iter().for_each(|event| simulation.write_event(event));
    assert_eq!(simulation.session, before);
}

#[test]
fn event_of_a_newer_version_parses_as_unknown() {
    let line = r#"{"at":{"boot":"b","boottime_ns":5,"monotonic_ns":5,"wall":"2026-11-20T18:00:00+01:00"},"fact":"hummed","tune":3}"#;
    assert_eq!(serde_json::from_str::<Entry>(line).unwrap().event, Event::Unknown);
}

#[test]
fn replay_without_a_valid_header_fails() {
    let at = FakeClock::at_six_pm().stamp();
    let replays = |plan: Plan, v: u32| {
        let session_header = Header { version: v, ..header(plan, SwapMode::Auto, None) };
        Session::replay(Session::begin(session_header, &at))
    };
    assert_eq!(Session::replay([]).unwrap_err(), ReplayError::MissingHeader);
    assert_eq!(
        Session::replay([Entry { at: at.clone(), event: Event::TimerAlive }]).unwrap_err(),
        ReplayError::MissingHeader
    );
    assert_eq!(replays(new_plan(vec![], 1), JOURNAL_VERSION).unwrap_err(), ReplayError::MissingHeader);
    assert_eq!(
        replays(heat_and_cold(86_401, 1, 1), JOURNAL_VERSION).unwrap_err(),
        ReplayError::MissingHeader
    );
    assert_eq!(
        replays(heat_and_cold(1, 1, 1), JOURNAL_VERSION + 1).unwrap_err(),
        ReplayError::NewerVersion(JOURNAL_VERSION + 1)
    );
    assert!(replays(heat_and_cold(86_400, 1, 1), JOURNAL_VERSION).is_ok());
}

#[test]
fn finalizing_twice_gives_the_same_record() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(2, 1, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    let record_at = simulation.now().wall;
    simulation.write_event(Event::Finalized { record_at });
    let first = simulation.record();
    simulation.run(minutes(3)).write_event(Event::CutOff);
    assert_eq!(simulation.record(), first);
    assert_eq!(first.at, record_at);
}

fn header_with(plan: Plan, settings: SessionSettings, given_intake: Intake) -> Header {
    Header {
        version: JOURNAL_VERSION,
        id: Uuid::from_u128(1),
        machine: "here".into(),
        plan,
        settings,
        intake: given_intake,
    }
}

// Found by searching for loopholes.

/// A plan of heat and cold, built within the limits.
fn plan_within_limits(heat: u64, cold: u64, rounds: u32) -> Plan {
    let overrides = Overrides {
        heat: Some(minutes(heat)),
        cold: Some(minutes(cold)),
        rounds: Some(Rounds::Fixed(rounds)),
        ..Overrides::default()
    };
    let wall = FakeClock::at_six_pm().wall;
    easeback::limits::build_plan(
        &Protocol::find_built_in("alternate").unwrap(),
        &overrides,
        &[],
        &wall,
        false,
    )
    .unwrap()
}

fn is_refused(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused(_))
}

#[test]
fn adding_rounds_cannot_bypass_the_heat_limit() {
    // As a plan with two rounds it is refused: 40 min of heat with 3 min between.
    let mut simulation = SimulatedSession::from_plan(plan_within_limits(20, 3, 1), SwapMode::Auto, None);
    let reply = simulation.send(Command::AddRounds(1));
    assert!(is_refused(&reply), "{reply:?}");
}

#[test]
fn extending_two_phases_cannot_bypass_the_heat_limit() {
    let mut simulation = SimulatedSession::from_plan(plan_within_limits(8, 3, 2), SwapMode::Auto, None);
    assert_eq!(simulation.send(Command::Extend(minutes(4))), Reply::Done("4 min more: 12 min in all".into()));
    simulation.run_and_tick(minutes(12));
    simulation.run_and_tick(minutes(3));
    let reply = simulation.send(Command::Extend(minutes(4)));
    assert!(is_refused(&reply), "24 min of heat: {reply:?}");
}

#[test]
fn skipping_cold_cannot_bypass_the_heat_limit() {
    let mut simulation = SimulatedSession::from_plan(plan_within_limits(20, 10, 2), SwapMode::Auto, None);
    simulation.tick();
    simulation.run_and_tick(minutes(20));
    simulation.send(Command::Skip);
    simulation.run_and_tick(minutes(20));
    assert!(treatment_seconds(&simulation.record(), "heat") <= 1200, "40 min of heat in one go");
}

#[test]
fn overdue_heat_cannot_be_extended_over_the_limit() {
    let mut simulation = SimulatedSession::from_plan(plan_within_limits(10, 10, 1), SwapMode::Ask, None);
    simulation.tick();
    simulation.run_and_tick(minutes(30));
    let reply = simulation.send(Command::Extend(minutes(5)));
    assert!(is_refused(&reply), "on for 30 min already: {reply:?}");
}

#[test]
fn session_is_cut_off_after_a_reboot_without_a_cut_off_entry() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.clocks.reboot(minutes(1));
    assert_eq!(simulation.state(), State::CutOff);
    simulation.write_event(Event::NoteAdded { text: "the power failed".into() });
    simulation.clocks.run(minutes(5));
    assert_eq!(simulation.session.snapshot(&simulation.now()).time_breakdown.active, Duration::ZERO);
}

#[test]
fn overdue_time_before_a_pause_is_not_in_the_next_phase() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(Duration::from_secs(61));
    simulation.send(Command::Pause);
    simulation.run(minutes(10));
    simulation.send(Command::Resume);
    assert_eq!(simulation.tick(), [Alert::Swap { phase: 1 }]);
    assert_eq!(simulation.remaining(), minutes(10));
    assert_eq!(simulation.record().phases[0].overdue_s, 1);
}

#[test]
fn extended_phase_has_a_new_deadline() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(Duration::from_secs(61));
    simulation.send(Command::Extend(MINUTE));
    assert_eq!(simulation.run_and_tick(Duration::from_secs(61)), [Alert::Swap { phase: 1 }]);
    assert_eq!(simulation.remaining(), Duration::from_secs(599));
}

#[test]
fn deadline_of_a_due_swap_is_now() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(Duration::from_secs(61));
    simulation.send(Command::Pause);
    simulation.run(minutes(1));
    simulation.send(Command::Resume);
    let deadline = simulation.session.deadline().unwrap();
    assert_eq!(deadline.boottime, simulation.clocks.boottime, "the timer would look a minute late");
}

#[test]
fn invalid_round_count_does_not_panic() {
    let mut simulation = SimulatedSession::from_plan(
        Plan { rounds: u32::MAX, ..heat_and_cold(60, 60, 1) },
        SwapMode::Auto,
        None,
    );
    simulation.write_event(Event::RoundsAdded { rounds: 1 });
    assert_eq!(simulation.session.plan().phases.len(), 2);
}

#[test]
fn late_warning_does_not_claim_two_minutes_left() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run(minutes(10)).run(Duration::from_secs(570));
    assert_eq!(
        (simulation.remaining(), simulation.tick()),
        (30 * SECOND, vec![Alert::SwapSoon { phase: 0 }])
    );
    let title = simulation.session.alert_message(Alert::SwapSoon { phase: 0 }).title;
    assert!(!title.starts_with("In 2 min"), "{title} (30 s are left)");
}

#[test]
fn cut_off_session_does_not_reply_already_running() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.apply_step(&Step::KillTimer);
    assert_ne!(simulation.send(Command::Resume), Reply::Already("already running".into()));
}

#[test]
fn paused_overdue_phase_does_not_report_0_s_left() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Ask, None);
    simulation.run(minutes(2));
    simulation.send(Command::Pause);
    let reply = simulation.send(Command::Next);
    assert!(!format!("{reply:?}").contains("0 s to go"), "{reply:?}");
}

#[test]
fn swap_ask_alerts_when_the_time_is_up() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Ask, None);
    simulation.tick();
    simulation.run_and_tick(minutes(18));
    assert_ne!(simulation.run_and_tick(minutes(2)), []);
}

#[test]
fn fully_timed_phase_is_completed_without_next() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Ask, None);
    simulation.tick();
    simulation.run_and_tick(minutes(2));
    simulation.apply_step(&Step::KillTimer);
    simulation.record_cut_off();
    assert_eq!(simulation.record().phases[0].outcome, Outcome::Completed);
}

#[test]
fn zero_extension_or_rounds_change_nothing() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Auto, None);
    for nothing in
        [Command::Extend(Duration::ZERO), Command::Extend(Duration::from_millis(500)), Command::AddRounds(0)]
    {
        let reply = simulation.send(nothing);
        assert!(!matches!(reply, Reply::Done(_)), "{reply:?}");
    }
}

#[test]
fn more_adds_as_many_rounds_as_it_reports() {
    let plan = Plan { max_rounds: None, ..heat_and_cold(60, 600, 1) };
    let mut simulation = SimulatedSession::from_plan(plan, SwapMode::Auto, None);
    if let Reply::Done(text) = simulation.send(Command::AddRounds(u32::MAX)) {
        assert_eq!(text, format!("{} rounds now", simulation.session.plan().rounds));
    }
}

#[test]
fn automatic_swap_alert_repeats_until_confirmed() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 2), SwapMode::Auto, None);
    simulation.tick();
    assert_eq!(simulation.run_and_tick(MINUTE), [Alert::Swap { phase: 1 }]);
    let again =
        |nth| [Alert::Repeated { reason: Repeat::UnconfirmedSwap, phase: 1, clock_stop_number: 0, nth }];
    assert_eq!(simulation.run_and_tick(MINUTE), again(1));
    assert_eq!(simulation.run_and_tick(MINUTE), again(2));
    assert_eq!(simulation.run_and_tick(MINUTE), []);
    assert_eq!(simulation.send(Command::RatePain(3)), Reply::Done("pain 3 noted".into()));
    assert_eq!(simulation.run_and_tick(minutes(4)), [], "an answer is an answer");
    let phases = simulation.record().phases;
    assert_eq!((phases[0].answered_after_s, phases[1].answered_after_s), (None, Some(180)));
}

#[test]
fn unconfirmed_swap_is_recorded_as_unconfirmed() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run_and_tick(MINUTE);
    for (wait, nth) in [(1, 1), (1, 2), (2, 3)] {
        assert_eq!(
            simulation.run_and_tick(minutes(wait)),
            [Alert::Repeated { reason: Repeat::UnconfirmedSwap, phase: 1, clock_stop_number: 0, nth }]
        );
    }
    simulation.run_and_tick(minutes(4));
    simulation.run_and_tick(minutes(2));
    let record = simulation.record();
    assert_eq!((&record.outcome, record.phases[1].answered_after_s), (&Outcome::Completed, None));
}

#[test]
fn overdue_swap_alerts_slow_down_and_end_after_two_hours() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(60, 600, 1), SwapMode::Ask, None);
    simulation.tick();
    assert_eq!(simulation.run_and_tick(MINUTE), [Alert::PhaseTimeUp { phase: 0 }]);
    let repeated = |nth| [Alert::Repeated { reason: Repeat::Overdue, phase: 0, clock_stop_number: 0, nth }];
    for nth in 1..=10 {
        assert_eq!(simulation.run_and_tick(MINUTE), repeated(nth));
    }
    for nth in 11..=20 {
        assert_eq!(simulation.run_and_tick(minutes(10)), repeated(nth));
    }
    assert_eq!(simulation.run_and_tick(minutes(10)), [Alert::Abandoned]);
    let record = simulation.record();
    assert_eq!((record.outcome, record.overdue_s), (Outcome::Interrupted, 7200));
    assert_eq!((record.phases[0].actual_s, record.phases[1].started), (60, None));
}

#[test]
fn session_is_given_up_after_a_four_hour_pause() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(600, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.send(Command::Pause);
    simulation.tick();
    simulation.run_and_tick(minutes(10));
    assert_eq!(simulation.run_and_tick(minutes(229)), []);
    assert_eq!(simulation.run_and_tick(MINUTE), [Alert::Abandoned]);
    assert_eq!((simulation.record().outcome, simulation.record().paused_s), (Outcome::Interrupted, 4 * 3600));
}

#[test]
fn sleep_requires_an_answer_and_the_wait_is_not_treatment_time() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(1200, 600, 1), SwapMode::Auto, None);
    simulation.tick();
    simulation.run_and_tick(minutes(5));
    simulation.apply_step(&Step::Sleep(minutes(4)));
    assert_eq!(simulation.tick(), [Alert::ResumePrompt { phase: 0, clock_stop_number: 1 }]);
    assert_eq!((simulation.state(), simulation.remaining()), (State::Asking, minutes(11)));
    assert!(
        simulation
            .session
            .alert_message(Alert::ResumePrompt { phase: 0, clock_stop_number: 1 })
            .title
            .contains("4 min")
    );
    assert_eq!(
        simulation.run_and_tick(MINUTE),
        [Alert::Repeated { reason: Repeat::UnansweredPrompt, phase: 0, clock_stop_number: 1, nth: 1 }]
    );
    assert_eq!(simulation.send(Command::Resume), Reply::Done("going on: 11 min left".into()));
    assert_eq!(simulation.tick(), [Alert::Resumed { clock_stop_number: 1 }]);
    let record = simulation.record();
    assert_eq!((record.active_s, record.asking_s, record.slept_s), (540, 60, 240));
}
