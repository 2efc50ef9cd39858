//! The five protocols from start to end with a simulated clock: all alerts, their times and their texts.

use super::*;
use crate::plans::{longest_exposure, protocols};
use easeback::{
    limits,
    view::{Overlay, WindowSize, render_frame},
};

/// A session of that protocol within the limits, at its start.
pub fn simulate_protocol(name: &str, overrides: &Overrides) -> SimulatedSession {
    let wall = FakeClock::at_six_pm().wall;
    let plan =
        limits::build_plan(&Protocol::find_built_in(name).unwrap(), overrides, &[], &wall, false).unwrap();
    SimulatedSession::from_plan(plan, SwapMode::Auto, None)
}

/// Runs to the end, answering each question with the next of the answers half a minute after it was asked, and
/// nothing else. Returns all alerts with the time since the start.
fn run_with_answers(simulation: &mut SimulatedSession, answers: &[Command]) -> String {
    let mut answers = answers.iter();
    let (start, mut text) = (simulation.now(), String::new());
    loop {
        for alert in simulation.tick() {
            let message = simulation.session.alert_message(alert);
            let minutes = simulation.now().since(&start).total.as_secs_f64() / 60.0;
            writeln!(text, "{minutes:>6.1}  {}\n        {}", message.title, message.body_and_how_to_answer())
                .unwrap();
        }
        if simulation.session.is_over() {
            return text;
        }
        let is_asked = simulation.session.snapshot(&simulation.now()).question.is_some();
        if is_asked && let Some(answer) = answers.next() {
            simulation.run(MINUTE / 2);
            let (Reply::Done(reply) | Reply::Already(reply) | Reply::Refused(reply)) =
                simulation.send(answer.clone());
            writeln!(text, "        > {answer:?}: {reply}").unwrap();
            continue;
        }
        let deadline = simulation.session.deadline().unwrap().boottime;
        simulation.run(deadline.saturating_sub(simulation.clocks.boottime));
    }
}

fn run_protocol_with_answers(name: &str, answers: &[Command]) -> (String, SessionRecord) {
    let mut simulation = simulate_protocol(name, &Overrides::default());
    (run_with_answers(&mut simulation, answers), simulation.record())
}

#[test]
fn each_protocol_matches_its_snapshot_from_start_to_end() {
    for (name, answers) in [
        ("alternate", &[][..]),
        ("ice", &[]),
        ("heat", &[]),
        ("settle-walk", &[Command::Next, Command::Skip, Command::Next]),
        ("stiff-day", &[]),
    ] {
        let (transcript, record) = run_protocol_with_answers(name, answers);
        let phases = record.phases.iter().map(|phase| {
            format!("{} {} of {} s, {:?}\n", phase.kind, phase.actual_s, phase.planned_s, phase.outcome)
        });
        let ended = format!("{:?}, asking {} s\n", record.outcome, record.asking_s);
        insta::assert_snapshot!(
            format!("story_{name}"),
            transcript + "\n" + &phases.collect::<String>() + &ended
        );
    }
}

#[test]
fn settle_walk_never_starts_the_walk_without_a_yes() {
    let mut simulation = simulate_protocol("settle-walk", &Overrides::default());
    let transcript = run_with_answers(&mut simulation, &[Command::Next]);
    assert!(
        transcript.contains("Has the first wave of pain passed?") && transcript.contains("Nobody answered"),
        "{transcript}"
    );
    let record = simulation.record();
    assert_eq!(record.outcome, Outcome::Interrupted);
    assert_eq!((record.phases[3].actual_s, record.phases[3].outcome.clone()), (0, Outcome::NotBegun));
    assert_eq!(record.asking_s, 30 + 2 * 3600, "two hours of asking, after half a minute before the cold");
}

#[test]
fn settle_walk_asks_an_hour_after_the_onset() {
    let asked_at = |onset_ago: Option<Duration>, cold: Command| {
        let mut simulation = simulate_protocol(
            "settle-walk",
            &Overrides {
                onset: onset_ago.map(|ago| FakeClock::at_six_pm().wall.minus(ago)),
                ..Overrides::default()
            },
        );
        let transcript = run_with_answers(&mut simulation, &[cold, Command::Next]);
        // The time stands before the title, and may follow another title.
        let transcript: Vec<&str> = transcript.lines().filter(|line| !line.contains("> ")).collect();
        let transcript = transcript.join("\n");
        let (before, _) = transcript.split_once("Has the first wave of pain passed?").unwrap();
        let times =
            before.lines().rev().filter_map(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        times.into_iter().next().unwrap()
    };
    assert_eq!(asked_at(None, Command::Next), 60.0);
    assert_eq!(asked_at(None, Command::Skip), 60.0, "without the cold the rest is longer");
    assert_eq!(asked_at(Some(minutes(20)), Command::Next), 40.0);
    assert_eq!(asked_at(Some(minutes(50)), Command::Next), 20.5, "not before the cold is over");
    assert_eq!(asked_at(Some(minutes(90)), Command::Skip), 5.5);
}

#[test]
fn declined_walk_is_offered_again_after_fifteen_minutes() {
    let no = [Command::Skip, Command::Skip, Command::Skip, Command::Next];
    let (transcript, record) = run_protocol_with_answers("settle-walk", &no);
    let questions: Vec<&str> = transcript
        .lines()
        .filter(|line| line.contains("Has the first wave of pain passed?") && !line.contains('>'))
        .map(|line| line.trim_start().split(' ').next().unwrap())
        .collect();
    assert_eq!(questions, ["60.0", "75.5", "91.0"]);
    assert_eq!(record.phases[1].outcome, Outcome::NotBegun, "the cold was left out");
    assert_eq!((record.extended_s, &record.outcome), (1800, &Outcome::Completed));
}

#[test]
fn unanswered_presence_check_alerts_to_take_the_pad_off() {
    let mut simulation = simulate_protocol("heat", &Overrides::default());
    simulation.tick();
    let mut messages = Vec::new();
    for _ in 0..20 * 60 {
        let minute = simulation.clocks.boottime;
        messages.extend(
            simulation
                .run_and_tick(SECOND)
                .into_iter()
                .map(|alert| (minute, simulation.session.alert_message(alert))),
        );
    }
    let titles: Vec<&str> = messages.iter().map(|(_, message)| message.title.as_str()).collect();
    assert_eq!(titles[..2], ["Still awake?", "Still awake?"]);
    assert_eq!(
        [messages[0].1.is_critical, messages[1].1.is_critical],
        [false, true],
        "the second time it is louder"
    );
    assert_eq!(messages[1].0 - messages[0].0, MINUTE);
    let reminders = titles.iter().filter(|title| **title == "Nobody answers: take the pad off").count();
    assert_eq!(reminders, 8, "each minute until the phase is over: {titles:?}");
}

#[test]
fn answered_presence_check_is_not_repeated() {
    for answer in [Command::Acknowledge, Command::Next, Command::RatePain(4), Command::AddNote("here".into())]
    {
        let mut simulation = simulate_protocol("heat", &Overrides::default());
        simulation.tick();
        assert_eq!(simulation.run_and_tick(minutes(10)).len(), 1, "it asks in the middle");
        assert!(matches!(simulation.send(answer.clone()), Reply::Done(_)), "{answer:?}");
        assert_eq!(simulation.run_and_tick(minutes(9)), [], "{answer:?}");
        assert_eq!(simulation.run_and_tick(MINUTE), [Alert::Completed], "{answer:?}");
    }
}

#[test]
fn short_heat_has_no_presence_check() {
    let heat = Some(minutes(14));
    let mut simulation = simulate_protocol("heat", &Overrides { heat, ..Overrides::default() });
    simulation.tick();
    assert_eq!(simulation.run_and_tick(minutes(13)), []);
}

#[test]
fn get_up_reminder_comes_after_three_hours_then_hourly() {
    let rounds = Some(Rounds::Fixed(12));
    let mut simulation = simulate_protocol("alternate", &Overrides { rounds, ..Overrides::default() });
    let (alerts, _) = run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    let start = FakeClock::at_six_pm().wall;
    let reminders: Vec<_> = alerts
        .iter()
        .filter(|(alert, _)| matches!(alert, Alert::GetUp { .. }))
        .map(|(alert, at)| (at.since(&start).as_secs() / 60, *alert))
        .collect();
    let get_up = |hours| Alert::GetUp { since_phase: 0, hours };
    assert_eq!(reminders, [(180, get_up(3)), (240, get_up(4)), (300, get_up(5))]);
    let words = simulation.session.alert_message(get_up(3));
    assert_eq!(words.title, "3 h of lying: get up for a moment");
    assert!(!words.is_urgent && !words.is_critical, "a reminder is no alarm");
}

#[test]
fn five_minute_pause_counts_as_a_break_from_lying() {
    let rounds = Some(Rounds::Fixed(12));
    let mut simulation = simulate_protocol("alternate", &Overrides { rounds, ..Overrides::default() });
    simulation.tick();
    for _ in 0..100 {
        simulation.run_and_tick(MINUTE);
    }
    simulation.send(Command::Pause);
    simulation.run_and_tick(minutes(5));
    simulation.send(Command::Resume);
    let mut reminder_minutes = Vec::new();
    for minute in 1..=200 {
        let alerts = simulation.run_and_tick(MINUTE);
        reminder_minutes
            .extend(alerts.iter().any(|alert| matches!(alert, Alert::GetUp { .. })).then_some(minute));
    }
    // The ten minutes left of the paused phase count with the time before it.
    assert_eq!(reminder_minutes, [190]);
}

#[test]
fn lying_time_carries_over_from_the_previous_session() {
    let mut first = simulate_protocol("alternate", &Overrides::default());
    run_through_deadlines(&mut first, &mut || Duration::ZERO);
    let past = [first.record()];
    let ended = past[0].ended.unwrap();
    let protocol = Protocol::find_built_in("alternate").unwrap();
    let lying_time = |gap: Duration| {
        let plan =
            limits::build_plan(&protocol, &Overrides::default(), &past, &ended.plus(gap), false).unwrap();
        plan.lying_limit.unwrap().carry_over.unbroken
    };
    assert_eq!(lying_time(minutes(4)), minutes(90));
    assert_eq!(lying_time(minutes(5)), Duration::ZERO);
}

/// The status line at this moment, at widths of 80, 40 and 20 columns.
fn status_lines(simulation: &SimulatedSession) -> String {
    let snapshot = simulation.session.snapshot(&simulation.now());
    let overlay = Overlay { has_keys: true, ..Overlay::default() };
    let line = |columns| render_frame(&snapshot, WindowSize { columns, rows: 1 }, &overlay)[0].plain_text();
    [80, 40, 20].into_iter().fold(String::new(), |text, width| text + &line(width) + "\n")
}

#[test]
fn screen_of_each_protocol_matches_snapshot() {
    let mut screens = String::new();
    for name in ["alternate", "ice", "heat", "settle-walk", "stiff-day"] {
        let mut simulation = simulate_protocol(name, &Overrides::default());
        simulation.tick();
        simulation.run_and_tick(minutes(1));
        write!(screens, "{name}\n{}", status_lines(&simulation)).unwrap();
    }
    let mut simulation = simulate_protocol("settle-walk", &Overrides::default());
    simulation.tick();
    for second in [2, 4, 5, 7, 10] {
        let until_second = SECOND * second - simulation.now().since(&simulation.entries[0].at).total;
        simulation.run_and_tick(until_second);
        write!(screens, "settle-walk after {second} s\n{}", status_lines(&simulation)).unwrap();
    }
    simulation.run_and_tick(minutes(5));
    write!(screens, "settle-walk, a question\n{}", status_lines(&simulation)).unwrap();
    simulation.send(Command::Pause);
    write!(screens, "settle-walk, the question paused\n{}", status_lines(&simulation)).unwrap();
    simulation.send(Command::Resume);
    for _ in 0..2 {
        simulation.send(Command::Skip);
        simulation.run_and_tick(minutes(60));
    }
    write!(screens, "settle-walk, the walk\n{}", status_lines(&simulation)).unwrap();
    simulation.send(Command::Next);
    simulation.run_and_tick(minutes(10));
    write!(screens, "settle-walk, over\n{}", status_lines(&simulation)).unwrap();
    insta::assert_snapshot!("screens", screens);
}

/// A session of a custom protocol: its steps as kind, minutes and further TOML.
fn simulate_custom_protocol(swap: SwapMode, steps: &[(&str, u64, &str)]) -> SimulatedSession {
    let head = "name = 'x'\ntitle = 'X'\nsource = 'P'\nrounds = 1\n".to_owned();
    let text = steps.iter().fold(head, |text, (kind, minutes, more)| {
        text + &format!("[[cycle]]\nkind = '{kind}'\nduration = '{minutes}m'\nsay = 'x'\n{more}\n")
    });
    let protocol = Protocol::parse(&text).unwrap();
    let plan = limits::build_plan(&protocol, &Overrides::default(), &[], &FakeClock::at_six_pm().wall, false)
        .unwrap();
    let mut simulation = SimulatedSession::from_plan(plan, swap, None);
    simulation.tick();
    simulation
}

const OPTIONAL: &str = "optional = true";

#[test]
fn skipped_pack_counts_as_never_on() {
    let mut simulation = simulate_custom_protocol(
        SwapMode::Auto,
        &[("rest", 10, ""), ("cold", 10, OPTIONAL), ("cold", 10, OPTIONAL)],
    );
    simulation.run_and_tick(minutes(10));
    simulation.send(Command::Skip);
    simulation.run_and_tick(minutes(30));
    let snapshot = simulation.session.snapshot(&simulation.now());
    assert_eq!((snapshot.state, snapshot.phase.pack_on_skin), (State::Asking, None));
    assert!(matches!(simulation.send(Command::Skip), Reply::Done(_)), "a no is always possible");
    let record = simulation.record();
    assert_eq!((record.outcome, record.overdue_s, record.asking_s), (Outcome::Completed, 0, 1800));
}

#[test]
fn zero_length_rest_does_not_remove_the_pack() {
    let mut simulation = simulate_protocol("settle-walk", &Overrides::default());
    simulation.tick();
    simulation.run_and_tick(minutes(70));
    simulation.send(Command::Next);
    let alerts = simulation.run_and_tick(minutes(15));
    let [.., question @ Alert::OptionalPrompt { phase: 3 }] = alerts[..] else { panic!("{alerts:?}") };
    let message = simulation.session.alert_message(question);
    assert_eq!(message.title, "Take it off: cold is over");
    assert!(message.body.contains("Has the first wave of pain passed?"), "{}", message.body);
    let aloud = simulation.session.announcement(question, &simulation.now()).spoken_text;
    assert!(
        aloud.starts_with("Cold is done. Take the pack off.")
            && aloud.ends_with("Has the first wave of pain passed?"),
        "{aloud}"
    );
    simulation.run(MINUTE);
    let snapshot = simulation.session.snapshot(&simulation.now());
    assert_eq!((snapshot.phase.pack_on_skin, snapshot.time_breakdown.overdue), (Some("pack"), MINUTE));
    simulation.send(Command::Skip);
    assert!(
        simulation.session.snapshot(&simulation.now()).phase.pack_on_skin.is_none(),
        "whoever answers has heard it"
    );
    let alerts = simulation.run_and_tick(minutes(15));
    assert_eq!(
        simulation.session.alert_message(alerts[alerts.len() - 1]).title,
        "Has the first wave of pain passed?"
    );
}

#[test]
fn overdue_pack_shortens_the_next_phase_of_its_kind() {
    let mut simulation = simulate_custom_protocol(SwapMode::Ask, &[("cold", 10, ""), ("cold", 10, "")]);
    simulation.run_and_tick(minutes(16));
    assert!(matches!(simulation.send(Command::Next), Reply::Done(_)));
    assert_eq!(simulation.remaining(), minutes(4), "sixteen of twenty minutes were cold already");
    simulation.run_and_tick(minutes(4));
    simulation.send(Command::Next);
    let record = simulation.record();
    assert_eq!((record.phases[1].actual_s, &record.phases[1].outcome), (240, &Outcome::CutShort));
}

#[test]
fn presence_check_counts_consecutive_and_extended_heat() {
    let has_question = |alerts: &[Alert]| {
        alerts.iter().any(|alert| matches!(alert, Alert::Repeated { reason: Repeat::PresenceCheck, .. }))
    };
    let mut simulation = simulate_custom_protocol(SwapMode::Auto, &[("heat", 10, ""), ("heat", 10, "")]);
    assert!(!has_question(&simulation.run_and_tick(minutes(9))), "ten minutes are not long");
    simulation.run_and_tick(MINUTE);
    assert!(has_question(&simulation.run_and_tick(minutes(5))), "twenty are");
    let mut simulation = simulate_custom_protocol(SwapMode::Auto, &[("heat", 10, "")]);
    assert!(!has_question(&simulation.run_and_tick(minutes(9))));
    simulation.send(Command::Extend(minutes(5)));
    assert!(has_question(&simulation.tick()), "fifteen are, and the middle is over");
}

#[test]
fn untimed_time_is_not_counted_as_lying() {
    let mut simulation = simulate_protocol("alternate", &Overrides::default());
    simulation.tick();
    simulation.apply_step(&Step::KillTimer);
    simulation.run(Duration::from_hours(5));
    simulation.apply_step(&Step::StartNewTimer);
    assert!(!simulation.tick().iter().any(|alert| matches!(alert, Alert::GetUp { .. })));
}

#[test]
fn pending_question_is_asked_again_after_a_return() {
    let asked = |alerts: &[Alert]| alerts.contains(&Alert::OptionalPrompt { phase: 1 });
    let mut simulation = simulate_protocol("settle-walk", &Overrides::default());
    simulation.tick();
    assert!(asked(&simulation.run_and_tick(minutes(5))));
    simulation.apply_step(&Step::KillTimer);
    simulation.run(MINUTE).apply_step(&Step::StartNewTimer);
    assert!(asked(&simulation.tick()), "a new timer");
    simulation.send(Command::Pause);
    simulation.run_and_tick(MINUTE);
    simulation.send(Command::Resume);
    assert!(asked(&simulation.tick()), "after a pause");
}

/// Lets time pass with a timer that wakes at each deadline.
fn run_with_timer(simulation: &mut SimulatedSession, time: Duration) {
    let end = simulation.clocks.boottime + time;
    simulation.tick();
    let mut iterations = 0;
    while let Some(deadline) = simulation.session.deadline().map(|at| at.boottime.min(end)) {
        simulation.run(deadline.saturating_sub(simulation.clocks.boottime));
        simulation.tick();
        if deadline == end {
            return;
        }
        iterations += 1;
        assert!(iterations < 20_000, "it spins");
    }
}

proptest! {
    #![proptest_config(crate::properties::property_config(256))]

    #[test]
    fn no_command_sequence_bypasses_a_limit(
        protocol in protocols(), swap in swap_modes(), onset in proptest::option::of(0..7200u64),
        sent in vec((0..1500u64, commands()), 0..40),
    ) {
        let wall = FakeClock::at_six_pm().wall;
        let onset = onset.map(|ago| wall.minus(Duration::from_secs(ago)));
        let overrides = Overrides { onset, ..Overrides::default() };
        let Ok(plan) = limits::build_plan(&protocol, &overrides, &[], &wall, false) else { return Ok(()) };
        let mut simulation = SimulatedSession::from_plan(plan, swap, None);
        for (wait, command) in sent {
            run_with_timer(&mut simulation, Duration::from_secs(wait));
            if !matches!(command, Command::Stop { .. }) {
                simulation.send(command);
            }
        }
        run_with_timer(&mut simulation, Duration::from_hours(4));
        let record = simulation.record();
        for kind in ["heat", "cold"] {
            // Whatever else happened in the gap, it was without this kind.
            let started_phases: Vec<_> = record.phases.iter().filter_map(|phase| Some((phase, phase.started?))).collect();
            let ends = started_phases.iter().skip(1).map(|(_, started)| *started).chain([record.ended.unwrap_or(wall)]);
            let segments: Vec<_> = started_phases
                .iter()
                .zip(ends)
                .map(|((phase, started), end)| match phase.kind == kind {
                    true => (true, phase.actual_s),
                    false => (false, end.since(started).as_secs()),
                })
                .collect();
            prop_assert!(longest_exposure(&segments) <= 20 * 60, "{}: {:?}", kind, segments);
        }
    }
}
