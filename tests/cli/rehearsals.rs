//! Every protocol as a rehearsal with real processes: complete within seconds, and without a record.

use crate::home::Home;
use serde_json::Value;

/// The alerts in the journal, by name.
fn alert_names(home: &Home) -> Vec<String> {
    let lines = home.journal().expect("the session is still there");
    let alerts = lines.iter().filter_map(|line| line["alert"]["what"].as_str());
    alerts.filter(|what| *what != "again").map(str::to_owned).collect()
}

/// Starts a rehearsal in the background.
fn start_rehearsal(home: &Home, args: &[&str]) {
    let start = home.run(["start", "--detach", "--no-notify"].iter().chain(args));
    assert_eq!(start.code, Some(0), "{start:?}");
    assert!(start.stderr.contains("REHEARSAL"), "{start:?}");
}

#[test]
fn each_protocol_without_questions_runs_to_its_end() {
    for (name, phases) in [("alternate", 6), ("ice", 1), ("heat", 1), ("stiff-day", 3)] {
        let home = Home::new();
        start_rehearsal(&home, &[name, "--rehearse=3600"]);
        home.wait_until("the end", || home.has_alert("end"));
        let alerts = alert_names(&home);
        assert_eq!(alerts.iter().filter(|what| *what == "swap").count(), phases - 1, "{name}: {alerts:?}");
        assert_eq!((alerts[0].as_str(), alerts.last().map(String::as_str)), ("start", Some("end")), "{name}");
        assert_eq!(home.history(), [Value::Null; 0], "{name}");
    }
}

#[test]
fn settle_walk_asks_before_cold_and_walk_and_again_after_a_no() {
    let home = Home::new();
    start_rehearsal(&home, &["settle-walk", "--rehearse=1800"]);
    for (asked, answer) in [(1, "next"), (2, "skip"), (3, "next")] {
        home.wait_until("the question", || home.count_alerts("ask") == asked);
        let status = home.run(["status", "--json"]);
        let status: Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!((&status["state"], &status["rehearsal"]), (&"asking".into(), &true.into()), "{status}");
        assert!(status["question"].as_str().unwrap().ends_with('?'), "{status}");
        assert_eq!(home.run([answer]).code, Some(0));
    }
    home.wait_until("the end", || home.has_alert("end"));
    let alerts = alert_names(&home);
    let questions_and_swaps: Vec<&str> =
        alerts.iter().map(String::as_str).filter(|what| ["ask", "swap"].contains(what)).collect();
    assert_eq!(questions_and_swaps, ["ask", "swap", "swap", "ask", "ask", "swap"]);
    assert_eq!(home.history(), [Value::Null; 0]);
}

#[test]
fn heating_pad_phase_has_a_presence_check_halfway() {
    let home = Home::new();
    start_rehearsal(&home, &["heat", "--rehearse=300"]);
    home.wait_until("the question in the middle", || home.count_alerts("again") == 1);
    let answered = home.run(["next"]);
    assert!(answered.code == Some(0) && answered.stderr.contains("noted"), "{answered:?}");
    home.wait_until("the end", || home.has_alert("end"));
    assert_eq!(home.count_alerts("again"), 1, "whoever answered is not asked again");
}

/// The headings that a rehearsal prints without a screen.
fn printed_headings(args: &[&str]) -> Vec<String> {
    let home = Home::new();
    let output = home.run(["start", "--plain", "--no-notify", "--rounds", "1"].iter().chain(args));
    assert_eq!(output.code, Some(0), "{output:?}");
    let text = format!("{}{}", output.stdout, output.stderr);
    assert!(
        !text.contains(|letter: char| letter.is_control() && letter != '\n'),
        "nothing is drawn: {text:?}"
    );
    let line = |line: &str| line.split_once("  REHEARSAL: ").map(|(_, text)| text.to_owned());
    output.stdout.lines().filter(|line| !line.starts_with(' ')).filter_map(line).collect()
}

#[test]
fn plain_output_prints_the_time_left_at_each_milestone() {
    // Ten minutes in ten seconds: even a delayed viewer shows the last one.
    let headings = printed_headings(&["--rehearse=60", "--heat", "6", "--cold", "4"]);
    let order = [
        "Heat now, 6 min",
        "heat: 5 min left",
        "heat: 3 min left",
        "In 2 min: cold",
        "heat: 1 min left",
        "Heat off, cold on: 4 min",
        "cold: 2 min left",
        "cold: 1 min left",
        "Done. Take the pack off.",
    ];
    assert_eq!(headings, order);
}

#[test]
fn milestone_is_omitted_when_another_alert_is_due() {
    let headings = printed_headings(&["heat", "--rehearse=300"]);
    assert!(headings.iter().any(|line| line == "Still awake?"), "at its half: {headings:?}");
    assert!(!headings.iter().any(|line| line == "heat: 10 min left"), "{headings:?}");
}

#[test]
fn quiet_prints_no_milestones() {
    let home = Home::new();
    let output = home.run(["start", "ice", "--rehearse=600", "--quiet", "--no-notify"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""));
}
