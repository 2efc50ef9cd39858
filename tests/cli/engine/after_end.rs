//! After the last phase: told until somebody answers, and gone on with if they like.

use super::*;

/// A session of heat and cold that has just come to its end.
fn completed_session() -> SimulatedSession {
    let mut road = SimulatedSession::from_plan(heat_and_cold(600, 300, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut road, &mut || Duration::ZERO);
    assert_eq!(road.state(), State::Ended);
    road
}

fn can_remove_journal(road: &SimulatedSession, looked_at: bool) -> bool {
    road.session.can_remove_journal(&road.now(), looked_at)
}

#[test]
fn end_alert_repeats_each_minute_for_five_minutes() {
    let mut road = completed_session();
    for nth in 1..=4 {
        assert_eq!(road.run_and_tick(MINUTE - SECOND), []);
        assert!(!can_remove_journal(&road, false), "nobody has answered");
        let again = Alert::Repeated { reason: Repeat::UnansweredEnd, phase: 1, clock_stop_number: 0, nth };
        assert_eq!(road.run_and_tick(SECOND), [again]);
        assert!(road.session.alert_message(again).title.contains("Take the pack off"));
    }
    assert_eq!(road.run_and_tick(MINUTE - SECOND), []);
    assert!(!can_remove_journal(&road, true));
    assert_eq!(road.run_and_tick(SECOND), []);
    assert!(can_remove_journal(&road, true), "five minutes are enough");
    assert_eq!(road.session.deadline(), None, "there is nothing left to wake for");
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
        let mut road = completed_session();
        assert!(matches!(road.send(answer.clone()), Reply::Done(_)), "{answer:?}");
        assert_eq!(
            (can_remove_journal(&road, false), can_remove_journal(&road, true)),
            (true, false),
            "{answer:?}"
        );
        assert_eq!(road.run_and_tick(minutes(2)), [], "{answer:?}");
        assert!(matches!(road.send(Command::Resume), Reply::Already(_)), "{answer:?}");
    }
}

#[test]
fn stop_after_the_end_finishes_immediately_as_completed() {
    let mut road = completed_session();
    road.send(Command::Stop { pain: Some(2), why: Some("enough".into()) });
    assert!(can_remove_journal(&road, true));
    assert_eq!(road.send(Command::AddRounds(1)), Reply::Already("the session is over already".into()));
    let record = road.record();
    assert_eq!((record.outcome, record.pain_after), (Outcome::Completed, Some(2)));
    assert_eq!(record.stop_reason.as_deref(), Some("enough"));
}

#[test]
fn confirming_the_last_swap_answers_the_end() {
    let mut road = SimulatedSession::from_plan(heat_and_cold(600, 300, 1), SwapMode::Ask, None);
    road.tick();
    road.run_and_tick(minutes(10));
    road.send(Command::Next);
    road.run_and_tick(minutes(5));
    road.send(Command::Next);
    assert_eq!((road.tick(), road.state()), (vec![Alert::Completed], State::Ended));
    assert!(can_remove_journal(&road, false) && !can_remove_journal(&road, true));
}

#[test]
fn more_continues_the_session_and_counts_the_gap() {
    let mut road = completed_session();
    road.write_event(Event::Finalized { record_at: road.now().wall });
    road.run_and_tick(MINUTE);
    road.send(Command::Acknowledge);
    road.run_and_tick(minutes(2));
    assert_eq!(road.send(Command::AddRounds(1)), Reply::Done("2 rounds now".into()));
    assert!(!road.session.is_settled(), "its record is another now");
    let snapshot = road.session.snapshot(&road.now());
    assert_eq!((snapshot.state, snapshot.phase.kind, snapshot.round), (State::Running, PhaseKind::Heat, 2));
    let parts = road.session.time_breakdown();
    // Until somebody answered, the pack may have been on.
    assert_eq!((parts.overdue, parts.paused), (MINUTE, minutes(2)));

    assert_eq!(road.tick(), [Alert::Swap { phase: 2 }]);
    let told = run_through_deadlines(&mut road, &mut || Duration::ZERO).0;
    assert_eq!(told.last().unwrap().0, Alert::Completed, "this end is told as well");
    let record = road.record();
    assert_eq!((record.outcome, record.active_s, record.phases.len()), (Outcome::Completed, 1800, 4));
    assert_eq!((record.overdue_s, record.paused_s), (60, 120));
    assert_eq!(record.ended.unwrap().since(&record.started), minutes(33));
}

#[test]
fn more_after_the_end_respects_the_limits() {
    let mut road = SimulatedSession::from_plan(plan_within_limits(20, 1, 1), SwapMode::Auto, None);
    run_through_deadlines(&mut road, &mut || Duration::ZERO);
    let refused = road.send(Command::AddRounds(1));
    assert!(
        matches!(&refused, Reply::Refused(why) if why.contains("over the limit of 20 min")),
        "{refused:?}"
    );
    road.send(Command::Acknowledge);
    road.run(minutes(4));
    assert_eq!(
        road.send(Command::AddRounds(1)),
        Reply::Done("2 rounds now".into()),
        "five minutes are a break"
    );
}

#[test]
fn alarm_rings_for_a_minute_or_until_answered() {
    let mut road = SimulatedSession::alternate(&Overrides::default());
    let rings = |road: &SimulatedSession| road.session.is_ringing(&road.now());
    road.tick();
    assert!(!rings(&road), "the first words ask for nothing");
    road.run_and_tick(minutes(20));
    assert!(rings(&road));
    assert!(!rings(road.run(MINUTE)), "a key so much later means what it says");
    assert_eq!(road.tick().len(), 1);
    assert!(rings(&road), "it is told again");
    road.send(Command::Acknowledge);
    assert!(!rings(&road));
    assert_eq!(road.record().phases[1].answered_after_s, Some(60));

    let mut road = completed_session();
    assert!(rings(&road));
    road.send(Command::RatePain(3));
    assert!(!rings(&road));
}

#[test]
fn as_needed_runs_one_round_and_offers_another() {
    let wish = Overrides { rounds: Some(Rounds::AsNeeded), ..Overrides::default() };
    let mut road = SimulatedSession::alternate(&wish);
    run_through_deadlines(&mut road, &mut || Duration::ZERO);
    let offer = "Another round? m adds it. In another window: `easeback more`.";
    assert!(road.session.alert_message(Alert::Completed).body_and_how_to_answer().ends_with(offer));
    assert_eq!((road.record().planned_s, road.record().as_needed), (1800, true));
    assert_eq!(road.send(Command::AddRounds(1)), Reply::Done("2 rounds now".into()));
    assert!(!completed_session().session.alert_message(Alert::Completed).body.contains("Another round"));
}
