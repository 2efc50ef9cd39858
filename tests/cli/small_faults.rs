//! Small faults of the words that people read, each as somebody would meet it.

use crate::home::Home;
use serde_json::Value;

#[test]
fn a_session_whose_pain_was_corrected_shows_the_corrected_pain_alone() {
    let home = Home::new();
    let log =
        ["log", "--session", "alternate", "--at", "yesterday 18:00", "--pain-before", "7", "--pain", "4"];
    assert_eq!(home.run(log).code, Some(0));
    let shown = |name: &str| {
        let show = home.run(["history", "show", "last"]).stdout;
        let line = show.lines().find_map(|line| line.strip_prefix(name)).map(|line| line.trim().to_owned());
        line.unwrap_or_default()
    };
    let ratings = shown("ratings");
    let (before, after) = ratings.split_once(", ").unwrap();
    assert!(before.starts_with("7 at 18:00") && after.starts_with("4 at "), "{ratings}");
    home.run(["history", "rate", "last", "3"]);
    assert_eq!((shown("pain"), shown("ratings").as_str()), ("7 → 3".into(), before));
    home.run(["history", "edit", "last", "--pain-before", "8"]);
    assert_eq!((shown("pain"), shown("ratings")), ("8 → 3".into(), String::new()));
    home.run(["history", "edit", "last", "--pain-before", "7", "--pain-after", "4"]);
    assert_eq!((shown("pain"), shown("ratings")), ("7 → 4".into(), ratings), "what is as it was rated stays");
}

#[test]
fn a_question_asks_one_thing() {
    let home = Home::new();
    let plan = home.run(["plan", "settle-walk", "--json"]).stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let questions: Vec<&str> = plan["phases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|phase| phase["offer"]["ask"].as_str())
        .collect();
    assert_eq!(questions, ["Do you want to cool it now?", "Has the first wave of pain passed?"]);
}
