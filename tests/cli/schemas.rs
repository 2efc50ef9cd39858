//! All JSON output fits the schemas in `docs/`.

use crate::home::Home;
use boon::{Compiler, Schemas};
use serde_json::{Value, json};

/// Why the document does not fit the schema; `None` if it does.
pub fn schema_error(schema: &str, document: &Value) -> Option<String> {
    let file = format!("{}/docs/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    let index = compiler.compile(&file, &mut schemas).unwrap();
    schemas.validate(document, index).err().map(|why| why.to_string())
}

/// Fails unless the document fits the schema.
pub fn assert_fits(schema: &str, document: &Value) {
    assert_eq!(schema_error(schema, document), None, "{document:#}");
}

fn printed_json(home: &Home, args: &[&str]) -> Value {
    serde_json::from_str(&home.run(args).stdout).unwrap()
}

#[test]
fn every_json_document_fits_its_schema() {
    let home = Home::new();
    assert_fits("plan", &printed_json(&home, &["plan", "--json", "--first", "cold"]));
    assert_fits("plan", &printed_json(&home, &["plan", "--json", "--heat", "2h", "--allow-long"]));
    assert_fits("status", &printed_json(&home, &["status", "--json"]));

    let entries = [
        "--pain",
        "7",
        "--region",
        "low",
        "--side",
        "left",
        "--trigger",
        "lifting",
        "--onset",
        "3h",
        "--note",
        "x",
    ];
    let start = ["start", "--no-notify", "--detach"];
    assert_eq!(home.run(start.iter().chain(&entries)).code, Some(0));
    assert_fits("status", &printed_json(&home, &["status", "--json"]));
    home.kill_timer();
    assert_fits("status", &printed_json(&home, &["status", "--json"]));
    assert_eq!(home.run(["stop", "--pain", "3"]).code, Some(0));
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    assert_eq!(home.run(["stop", "--why", "enough"]).code, Some(0));

    let listed = printed_json(&home, &["history", "list", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    for line in listed.as_array().unwrap().iter().chain(&home.history()) {
        assert_fits("history", line);
    }
}

#[test]
fn every_kind_of_printed_line_fits_its_schema() {
    let home = Home::new();
    for args in [
        &["log", "--session=alternate", "--at=2d", "--rounds=1", "--pain-before=7", "--pain=4", "--onset=3d"]
            [..],
        &["log", "--pain", "5", "walked"],
        &["log", "slept"],
        &["history", "rate", "last", "3"],
        &["history", "note", "last", "x"],
        &["history", "edit", "last", "--started=50h", "--ended=48h", "--outcome=stopped", "--protocol=mine"],
        &[
            "history",
            "edit",
            "last",
            "--region=low",
            "--side=both",
            "--trigger=other",
            "--onset=4d",
            "--why=x",
        ],
        &["history", "edit", "last", "--cover=x", "--posture=x", "--skin=x", "--pain-before=1"],
        &["history", "delete", "last", "--yes"],
        &["history", "restore", "last"],
    ] {
        assert_eq!(home.run(args).code, Some(0), "{args:?}");
    }
    let all = "ended pain-before pain-after region side trigger onset note why cover posture skin";
    let clear = all.split(' ').flat_map(|field| ["--clear", field]);
    let exported = printed_json(&home, &["history", "export", "--format", "json"]);
    let listed = printed_json(&home, &["history", "list", "--json"]);
    assert_eq!(home.run(["history", "edit", "last"].into_iter().chain(clear)).code, Some(0));
    let entries = printed_json(&home, &["history", "list", "--entries", "--json"]);
    for array in [exported, listed, entries] {
        assert!(!array.as_array().unwrap().is_empty());
        array.as_array().unwrap().iter().for_each(|line| assert_fits("history", line));
    }
    let other = Home::new();
    let export = home.run(["history", "export"]).stdout;
    std::fs::write(other.folder().join("x"), export).unwrap();
    assert_eq!(other.run(["history", "import", "x"]).code, Some(0));
    let lines = other.history();
    assert_eq!(lines.len(), home.history().len());
    for line in lines.iter().chain(&home.history()) {
        assert_fits("history", line);
    }
    let mut amendment = lines.iter().find(|line| line["kind"] == "amendment").unwrap().clone();
    amendment["set"] = json!({"id": "x"});
    assert!(schema_error("history", &amendment).is_some(), "no correction of an id fits");
}

#[test]
fn schema_rejects_a_seeded_error() {
    let home = Home::new();
    let mut plan = printed_json(&home, &["plan", "--json"]);
    plan["phases"][0]["planned_s"] = json!("long");
    assert!(schema_error("plan", &plan).is_some());
    assert!(
        schema_error(
            "status",
            &json!({"state": "dancing", "text": "", "tooltip": "", "class": "", "percentage": 0})
        )
        .is_some()
    );
    assert!(
        schema_error("history", &json!({"v": 1, "kind": "session", "id": "1", "at": "yesterday"})).is_some()
    );
}
