//! Cautions: what is worth a warning before a session, but stops nothing.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

use crate::home::Home;
use crate::plans::{session, six_pm};
use easeback::{
    limits::{build_plan, find_cautions},
    protocol::{Overrides, Protocol, Rounds},
    record::SessionRecord,
};
use std::fs;

/// The cautions for so many rounds of alternate after these sessions.
fn caution_texts(rounds: u32, past: &[SessionRecord]) -> Vec<String> {
    let overrides = Overrides { rounds: Some(Rounds::Fixed(rounds)), ..Overrides::default() };
    let protocol = Protocol::find_built_in("alternate").unwrap();
    let plan = build_plan(&protocol, &overrides, past, &six_pm(), false).unwrap();
    let cautions = find_cautions(&plan, past, &six_pm());
    cautions.into_iter().map(|caution| format!("{} ({})", caution.text, caution.citation)).collect()
}

const MINUTE: u64 = 60;

#[test]
fn caution_for_cold_within_two_hours_names_the_time() {
    // The cold of this session starts 20 min from now.
    let ended = |ago: u64| caution_texts(1, &[session(ago * MINUTE, &[("cold", 600, 0)])]);
    assert_eq!(
        ended(60),
        [
            "The last cold ended at 17:00: this one begins 1 h 20 min after it, where 2 to 3 h are advised and the \
          skin is to be as it was before. D0 repeats sooner. (X1)"
        ]
    );
    assert_eq!(ended(99).len(), 1);
    assert_eq!(ended(100), [""; 0]);
}

#[test]
fn skipped_cold_causes_no_caution() {
    assert_eq!(caution_texts(1, &[session(60 * MINUTE, &[("cold", 0, 0)])]), [""; 0]);
}

#[test]
fn more_than_two_hours_of_heat_a_day_cause_a_caution() {
    let hours_ago = |ago: u64| session(ago * 60 * MINUTE, &[("heat", 1200, 0)]);
    // It is 18:00: seven sessions since 10:00, and one the day before.
    let today: Vec<_> = (1..=4).map(|nth| hours_ago(2 * nth)).collect();
    assert_eq!(caution_texts(2, &today), [""; 0], "two hours in all");
    let one_more: Vec<_> = (1..=5).map(|nth| hours_ago(2 * nth)).collect();
    assert_eq!(
        caution_texts(2, &one_more),
        [
            "With this session it is 2 h 20 min of heat today, more than 2 h: heat again and again can leave marks \
          like a net on the skin. (P)"
        ]
    );
    let yesterday: Vec<_> = (1..=4).map(|nth| hours_ago(2 * nth)).chain([hours_ago(19)]).collect();
    assert_eq!(caution_texts(2, &yesterday), [""; 0], "yesterday does not count");
}

#[test]
fn caution_for_hours_of_lying_includes_the_previous_session() {
    assert_eq!(caution_texts(6, &[]), [""; 0], "three hours");
    let three_hours = "That is 3 h 30 min of lying without a break. You will be reminded after 3 h to get up for \
                       a moment. (D2: a few hours; 3 h: P)";
    let two_hours_of_heat = caution_texts(7, &[]).pop().unwrap();
    assert!(two_hours_of_heat == three_hours, "{two_hours_of_heat}");
    let cautions = caution_texts(4, &[session(MINUTE, &[("rest", 5400, 0)])]);
    assert!(cautions[0].contains("3 h 30 min of lying"), "{cautions:?}");
}

#[test]
fn cautions_count_sessions_of_another_computer() {
    let home = Home::new();
    let logged = home.run(["log", "--session", "ice", "--at", "1h", "--rounds", "1"]);
    assert_eq!(logged.code, Some(0), "{logged:?}");
    let folder = home.data().join("history");
    let own = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some());
    fs::rename(own.unwrap(), folder.join("laptop-0a1b2c.jsonl")).unwrap();
    for args in [&["plan"][..], &["start", "--detach", "--no-notify"]] {
        let output = home.run(args);
        assert_eq!(output.code, Some(0));
        assert!((output.stdout + &output.stderr).contains("The last cold ended at"), "{args:?}");
    }
}

#[test]
fn lifted_limits_cause_a_caution_and_are_recorded() {
    let home = Home::new();
    let start = home.run(["start", "--heat", "30", "--allow-long", "--detach", "--no-notify"]);
    assert!(start.stderr.contains("limits on heat and cold are lifted"), "{start:?}");
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["allow_long"], true);
}

#[test]
fn ice_and_heat_protocols_allow_one_round_only() {
    let home = Home::new();
    for name in ["ice", "heat"] {
        let refused = home.run(["start", name, "--rounds", "2"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.stderr.contains("is done once") && refused.stderr.contains("2 h later"),
            "{refused:?}"
        );
        assert_eq!(home.run(["start", name, "--detach", "--no-notify"]).code, Some(0));
        let more = home.run(["more"]);
        assert_eq!(more.code, Some(1), "{more:?}");
        assert_eq!(home.run(["stop"]).code, Some(0));
    }
}
