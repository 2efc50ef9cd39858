//! What is printed as JSON is what the schemas in `docs/` say.

use crate::home::Home;
use boon::{Compiler, Schemas};
use serde_json::{Value, json};

/// Why the document is not what the schema says; nothing if it is.
fn fault(schema: &str, document: &Value) -> Option<String> {
    let file = format!("{}/docs/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    let index = compiler.compile(&file, &mut schemas).unwrap();
    schemas.validate(document, index).err().map(|why| why.to_string())
}

/// Fails unless the document is what the schema says.
pub fn assert_fits(schema: &str, document: &Value) {
    assert_eq!(fault(schema, document), None, "{document:#}");
}

fn printed(home: &Home, words: &[&str]) -> Value {
    serde_json::from_str(&home.run(words).stdout).unwrap()
}

#[test]
fn every_document_fits_its_schema() {
    let home = Home::new();
    assert_fits("plan", &printed(&home, &["plan", "--json", "--first", "cold"]));
    assert_fits("plan", &printed(&home, &["plan", "--json", "--heat", "2h", "--allow-long"]));
    assert_fits("status", &printed(&home, &["status", "--json"]));

    let said = [
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
    assert_eq!(home.run(start.iter().chain(&said)).code, Some(0));
    assert_fits("status", &printed(&home, &["status", "--json"]));
    home.kill_timer();
    assert_fits("status", &printed(&home, &["status", "--json"]));
    assert_eq!(home.run(["stop", "--pain", "3"]).code, Some(0));
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    assert_eq!(home.run(["stop", "--why", "enough"]).code, Some(0));

    let listed = printed(&home, &["history", "list", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    for line in listed.as_array().unwrap().iter().chain(&home.history()) {
        assert_fits("history", line);
    }
}

#[test]
fn a_seeded_fault_does_not_fit() {
    let home = Home::new();
    let mut plan = printed(&home, &["plan", "--json"]);
    plan["phases"][0]["planned_s"] = json!("long");
    assert!(fault("plan", &plan).is_some());
    assert!(
        fault(
            "status",
            &json!({"state": "dancing", "text": "", "tooltip": "", "class": "", "percentage": 0})
        )
        .is_some()
    );
    assert!(fault("history", &json!({"v": 1, "kind": "session", "id": "1", "at": "yesterday"})).is_some());
}
