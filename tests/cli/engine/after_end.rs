//! After the last phase: the end alert repeats until it is answered, and the session can be continued.

use super::*;

/// A session of heat and cold that has just ended.
fn completed_session() -> SimulatedSession {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(600, 300, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    assert_eq!(simulation.state(), State::Ended);
    simulation
}

fn can_remove_journal(simulation: &SimulatedSession, looked_at: bool) -> bool {
    simulation.session.can_remove_journal(&simulation.now(), looked_at)
}

#[test]
fn end_alert_repeats_each_minute_for_five_minutes() {
    let mut simulation = completed_session();
    for nth in 1..=4 {
        assert_eq!(simulation.run_and_tick(MINUTE - SECOND), []);
        assert!(!can_remove_journal(&simulation, false), "nobody has answered");
        let repeated = Alert::Repeated { reason: Repeat::UnansweredEnd, phase: 1, clock_stop_number: 0, nth };
        assert_eq!(simulation.run_and_tick(SECOND), [repeated]);
        assert!(simulation.session.alert_message(repeated).title.contains("Take the pack off"));
    }
    assert_eq!(simulation.run_and_tick(MINUTE - SECOND), []);
    assert!(!can_remove_journal(&simulation, true));
    assert_eq!(simulation.run_and_tick(SECOND), []);
    assert!(can_remove_journal(&simulation, true), "five minutes are enough");
    assert_eq!(simulation.session.deadline(), None, "there is nothing left to wake for");
}

#[test]
fn answered_session_stops_alerting_and_waits_only_for_viewers() {
    for answer in [
        Command::Acknowledge,
        Command::Next,
        Command::Pause,
        Command::Skip,
        Command::RatePain(3),
        Command::AddNote("better".into()),
    ] {
        let mut simulation = completed_session();
        assert!(matches!(simulation.send(answer.clone()), Reply::Done(_)), "{answer:?}");
        assert_eq!(
            (can_remove_journal(&simulation, false), can_remove_journal(&simulation, true)),
            (true, false),
            "{answer:?}"
        );
        assert_eq!(simulation.run_and_tick(minutes(2)), [], "{answer:?}");
        assert!(matches!(simulation.send(Command::Resume), Reply::Already(_)), "{answer:?}");
    }
}

#[test]
fn stop_after_the_end_finishes_immediately_as_completed() {
    let mut simulation = completed_session();
    simulation.send(Command::Stop { pain: Some(2), why: Some("enough".into()) });
    assert!(can_remove_journal(&simulation, true));
    assert_eq!(simulation.send(Command::AddRounds(1)), Reply::Already("the session is over already".into()));
    let record = simulation.record();
    assert_eq!((record.outcome, record.pain_after), (Outcome::Completed, Some(2)));
    assert_eq!(record.stop_reason.as_deref(), Some("enough"));
}

#[test]
fn confirming_the_last_swap_answers_the_end() {
    let mut simulation = SimulatedSession::from_plan(heat_and_cold(600, 300, 1), SwapMode::Ask, None);
    simulation.tick();
    simulation.run_and_tick(minutes(10));
    simulation.send(Command::Next);
    simulation.run_and_tick(minutes(5));
    simulation.send(Command::Next);
    assert_eq!((simulation.tick(), simulation.state()), (vec![Alert::Completed], State::Ended));
    assert!(can_remove_journal(&simulation, false) && !can_remove_journal(&simulation, true));
}

#[test]
fn more_continues_the_session_and_counts_the_gap() {
    let mut simulation = completed_session();
    simulation.write_event(Event::Finalized { record_at: simulation.now().wall });
    simulation.run_and_tick(MINUTE);
    simulation.send(Command::Acknowledge);
    simulation.run_and_tick(minutes(2));
    assert_eq!(simulation.send(Command::AddRounds(1)), Reply::Done("2 rounds now".into()));
    assert!(!simulation.session.is_finalized(), "its record is another now");
    let snapshot = simulation.session.snapshot(&simulation.now());
    assert_eq!((snapshot.state, snapshot.phase.kind, snapshot.round), (State::Running, PhaseKind::Heat, 2));
    let parts = simulation.session.time_breakdown();
    // Until the end was answered, the pack may have been on.
    assert_eq!((parts.overdue, parts.paused), (MINUTE, minutes(2)));

    assert_eq!(simulation.tick(), [Alert::Swap { phase: 2 }]);
    let alerts = run_through_deadlines(&mut simulation, &mut || Duration::ZERO).0;
    assert_eq!(alerts.last().unwrap().0, Alert::Completed, "this end is told as well");
    let record = simulation.record();
    assert_eq!((record.outcome, record.active_s, record.phases.len()), (Outcome::Completed, 1800, 4));
    assert_eq!((record.overdue_s, record.paused_s), (60, 120));
    assert_eq!(record.ended.unwrap().since(&record.started), minutes(33));
}

#[test]
fn more_after_the_end_respects_the_limits() {
    let mut simulation = SimulatedSession::from_plan(plan_within_limits(20, 1, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    let refused = simulation.send(Command::AddRounds(1));
    assert!(
        matches!(&refused, Reply::Refused(reason) if reason.contains("over the limit of 20 min")),
        "{refused:?}"
    );
    simulation.send(Command::Acknowledge);
    simulation.run(minutes(4));
    assert_eq!(
        simulation.send(Command::AddRounds(1)),
        Reply::Done("2 rounds now".into()),
        "five minutes are a break"
    );
}

#[test]
fn alarm_rings_for_a_minute_or_until_answered() {
    let mut simulation = SimulatedSession::alternate(&Overrides::default());
    let rings = |simulation: &SimulatedSession| simulation.session.is_ringing(&simulation.now());
    simulation.tick();
    assert!(!rings(&simulation), "the first words ask for nothing");
    simulation.run_and_tick(minutes(20));
    assert!(rings(&simulation));
    assert!(!rings(simulation.run(MINUTE)), "a key so much later means what it says");
    assert_eq!(simulation.tick().len(), 1);
    assert!(rings(&simulation), "it is told again");
    simulation.send(Command::Acknowledge);
    assert!(!rings(&simulation));
    assert_eq!(simulation.record().phases[1].answered_after_s, Some(60));

    let mut simulation = completed_session();
    assert!(rings(&simulation));
    simulation.send(Command::RatePain(3));
    assert!(!rings(&simulation));
}

#[test]
fn as_needed_runs_one_round_and_offers_another() {
    let overrides = Overrides { rounds: Some(Rounds::AsNeeded), ..Overrides::default() };
    let mut simulation = SimulatedSession::alternate(&overrides);
    run_through_deadlines(&mut simulation, &mut || Duration::ZERO);
    let offer = "Another round? m adds it. In another window: `easeback more`.";
    assert!(simulation.session.alert_message(Alert::Completed).body_and_how_to_answer().ends_with(offer));
    assert_eq!((simulation.record().planned_s, simulation.record().as_needed), (1800, true));
    assert_eq!(simulation.send(Command::AddRounds(1)), Reply::Done("2 rounds now".into()));
    assert!(!completed_session().session.alert_message(Alert::Completed).body.contains("Another round"));
}
