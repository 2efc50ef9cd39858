//! Which computer this is, also if the system's machine id cannot be read.

use crate::{
    home::{Home, Output, skip},
    other_machine::run_with_unreadable_file,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

const SYSTEM_ID_PATH: &str = "/etc/machine-id";
const START: &str = "start --detach --no-notify --allow-long";

fn stored_id(home: &Home) -> String {
    fs::read_to_string(home.state().join("machine")).unwrap()
}

/// The machine id of the running session.
fn session_machine_id(home: &Home) -> Value {
    home.journal().unwrap()[0]["machine"].clone()
}

fn log_file_names(home: &Home) -> BTreeSet<String> {
    let names = fs::read_dir(home.data().join("history")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Starts and stops a session, and returns its machine id.
fn record_session(home: &Home) -> Value {
    let start = home.run(START.split(' '));
    assert_eq!(start.code, Some(0), "{start:?}");
    let machine = session_machine_id(home);
    assert_eq!(home.run(["stop"]).code, Some(0));
    machine
}

/// Runs a script with this system id. Without the permission to do so, fails in CI and prints elsewhere why the test
/// is skipped.
fn run_with_system_id(home: &Home, id: &str, script: &str) -> Option<Output> {
    let file = home.folder().join("system-id");
    fs::write(&file, id).unwrap();
    let mount = format!("mount --bind {} {SYSTEM_ID_PATH}", file.display());
    let probe = home.run_shell(&format!("unshare -rm sh -c '{mount}'"));
    if probe.code != Some(0) {
        skip(&format!("mount namespaces ({})", probe.stderr.trim()));
        return None;
    }
    Some(home.run_shell(&format!("exec unshare -rm sh -ec '{mount}; {script}'")))
}

#[test]
fn writing_anything_stores_the_machine_id_privately() {
    let export = r#"{"v":1,"kind":"entry","id":"018f0000-0000-7000-8000-000000000001","at":"2026-01-02T03:04:05Z","text":"x"}"#;
    for args in [
        "log better",
        "log --session ice --at 3h",
        "history import export.jsonl",
        "start --detach --no-notify --allow-long",
    ] {
        let home = Home::new();
        fs::write(home.folder().join("export.jsonl"), export).unwrap();
        for looking in
            ["plan", "status", "history", "history check", "stats", "stop", "pain 3", "log --at nonsense"]
        {
            home.run_shell(&format!("\"$EASEBACK\" {looking}"));
            assert!(!home.state().exists(), "{looking} leaves nothing there");
        }
        let written = home.run_shell(&format!("\"$EASEBACK\" {args}"));
        assert_eq!(written.code, Some(0), "{written:?}");
        let file = home.state().join("machine");
        assert_eq!(stored_id(&home).trim_end().len(), 32, "{args}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{args}");
        assert_eq!(fs::metadata(home.state()).unwrap().permissions().mode() & 0o777, 0o700, "{args}");
        let names = fs::read_dir(home.state()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(
            !names.into_iter().any(|name| name.to_string_lossy().starts_with("machine.")),
            "{args}: nothing is left over"
        );
    }
    let home = Home::new();
    let machine = record_session(&home);
    assert_eq!(stored_id(&home).trim_end(), machine);
    for args in
        ["history rate last 3", "history note last x", "history delete last --yes", "history restore last"]
    {
        fs::remove_file(home.state().join("machine")).unwrap();
        let written = home.run_shell(&format!("\"$EASEBACK\" {args}"));
        assert_eq!(
            (written.code, stored_id(&home).trim_end()),
            (Some(0), machine.as_str().unwrap()),
            "{args}"
        );
    }
    // As an older version left it, or as another computer started it.
    for command in ["resume", "stop"] {
        assert_eq!(home.run(START.split(' ')).code, Some(0));
        home.kill_timer();
        fs::remove_file(home.state().join("machine")).unwrap();
        assert_eq!(home.run([command]).code, Some(0));
        assert_eq!(stored_id(&home).trim_end(), machine, "{command}");
        home.run(["stop"]);
    }
}

#[test]
fn diary_stays_in_its_log_when_the_system_id_is_unreadable() {
    let home = Home::new();
    assert_eq!(home.run(["log", "a"]).code, Some(0));
    let own = log_file_names(&home);
    let Some(logged) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, "EACCES", "log c") else { return };
    assert_eq!((logged.code, log_file_names(&home)), (Some(0), own));
}

#[test]
fn unreadable_system_id_does_not_change_the_computer() {
    let home = Home::new();
    let machine = record_session(&home);
    let own = log_file_names(&home);
    for errno in ["EMFILE", "EIO", "EACCES", "ENOENT"] {
        let Some(start) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, errno, START) else { return };
        assert_eq!(start.code, Some(0), "{errno}: {start:?}");
        assert_eq!(self::session_machine_id(&home), machine, "{errno}");
        let Some(stopped) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, errno, "stop") else { return };
        assert_eq!(stopped.code, Some(0), "{errno}: {stopped:?}");
        let Some(logged) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, errno, "log better") else {
            return;
        };
        assert_eq!(logged.code, Some(0), "{errno}: {logged:?}");
        assert_eq!(log_file_names(&home), own, "{errno}");
    }
    assert_eq!(stored_id(&home).trim_end(), machine);
}

#[test]
fn session_before_a_reboot_is_ours_without_the_system_id() {
    let home = Home::new();
    assert_eq!(home.run(START.split(' ')).code, Some(0));
    home.kill_timer();
    let journal = home.state().join("session.jsonl");
    let boot = home.journal().unwrap()[0]["at"]["boot"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replace(&boot, "11111111-2222-3333-4444-555555555555")).unwrap();
    let lease = fs::File::open(home.state().join("seat")).unwrap();
    lease.try_lock().unwrap();
    let Some(refused) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, "EACCES", "start") else { return };
    assert!(refused.stderr.contains("a session is running already"), "{refused:?}");
}

#[test]
fn empty_or_uninitialized_system_id_is_ignored() {
    let home = Home::new();
    let machine = record_session(&home);
    let own = log_file_names(&home);
    for none in ["", "\n", "uninitialized\n"] {
        let script =
            format!("\"$EASEBACK\" {START}; cat \"$EASEBACK_STATE_DIR/session.jsonl\"; \"$EASEBACK\" stop");
        let Some(output) = run_with_system_id(&home, none, &script) else { return };
        assert_eq!(output.code, Some(0), "{none:?}: {output:?}");
        let first: Value = serde_json::from_str(output.stdout.lines().next().unwrap()).unwrap();
        assert_eq!((&first["machine"], log_file_names(&home)), (&machine, own.clone()), "{none:?}");
    }
}

#[test]
fn readable_system_id_overrides_the_stored_one() {
    let home = Home::new();
    let one = record_session(&home);
    let script = format!("\"$EASEBACK\" {START}; cat \"$EASEBACK_STATE_DIR/machine\"; \"$EASEBACK\" stop");
    let Some(output) = run_with_system_id(&home, "0123456789abcdef0123456789abcdef\n", &script) else {
        return;
    };
    assert_eq!(output.code, Some(0), "{output:?}");
    let other = stored_id(&home);
    assert_eq!(
        (output.stdout.as_str(), other.trim_end() == one),
        (other.as_str(), false),
        "two computers, one home"
    );
    assert_eq!(log_file_names(&home).len(), 2, "each its own log");
    assert_eq!(record_session(&home), one);
    assert_eq!((stored_id(&home).trim_end(), log_file_names(&home).len()), (one.as_str().unwrap(), 2));
}

#[test]
fn host_name_is_used_but_not_stored_without_any_id() {
    let home = Home::new();
    let Some(start) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, "EIO", START) else { return };
    assert_eq!(start.code, Some(0), "{start:?}");
    let by_name = session_machine_id(&home);
    let Some(logged) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, "EIO", "log better") else { return };
    assert_eq!(logged.code, Some(0), "{logged:?}");
    assert!(!home.state().join("machine").exists(), "a name may be another computer's tomorrow");
    assert_eq!(home.run(["stop"]).code, Some(0), "begun since the same start, it is ours");
    let machine = record_session(&home);
    assert_ne!(machine, by_name, "the system's goes first");
    assert_eq!(stored_id(&home).trim_end(), machine);
}

#[test]
fn damaged_stored_id_stops_nothing() {
    for damage in ["echo no id", "head -c 32 /dev/zero", "yes 0123456789abcdef", "printf 0123ABCD%024d 0"] {
        let home = Home::new();
        let machine = record_session(&home);
        let file = home.state().join("machine");
        assert_eq!(
            home.run_shell(&format!("{damage} 2>&1 | head -c 4096 > {}", file.display())).code,
            Some(0)
        );
        let Some(start) = run_with_unreadable_file(&home, SYSTEM_ID_PATH, "EIO", START) else { return };
        assert_eq!(start.code, Some(0), "{damage}: {start:?}");
        assert_ne!(self::session_machine_id(&home), machine, "{damage}");
        assert_eq!(home.run(["stop"]).code, Some(0));
        assert_eq!(record_session(&home), machine, "{damage}");
        assert_eq!(stored_id(&home).trim_end(), machine, "{damage}");
    }
    let home = Home::new();
    fs::create_dir_all(home.state().join("machine/full")).unwrap();
    record_session(&home);
    assert!(home.state().join("machine/full").exists());
}

#[test]
fn unreadable_boot_id_is_not_taken_for_a_reboot() {
    let boot_id = "/proc/sys/kernel/random/boot_id";
    let home = Home::new();
    let start = home.run(format!("{START} --heat 3s --cold 5").split(' '));
    assert_eq!(start.code, Some(0), "{start:?}");
    for errno in ["EMFILE", "EIO", "EACCES"] {
        let Some(noted) = run_with_unreadable_file(&home, boot_id, errno, "note hello") else { return };
        assert_eq!(noted.code, Some(0), "{noted:?}");
    }
    assert_eq!(home.journal().unwrap().last().unwrap()["at"]["boot"], "");
    home.wait_until("the alert of the swap", || home.has_alert("swap"));
    let status = home.run(["status"]);
    assert!(status.stdout.starts_with("cold, round 1"), "{status:?}");
    let Some(stopped) = run_with_unreadable_file(&home, boot_id, "EIO", "stop") else { return };
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let record = &home.history()[0];
    assert_eq!(
        (&record["unknown_s"], &record["phases"][0]["actual_s"]),
        (&Value::Null, &3.into()),
        "{record}"
    );
}

#[test]
fn reboot_after_an_unreadable_boot_id_is_detected() {
    let home = Home::new();
    assert_eq!(home.run(START.split(' ')).code, Some(0));
    home.wait_until("the first alert", || home.has_alert("start"));
    let Some(noted) = run_with_unreadable_file(&home, "/proc/sys/kernel/random/boot_id", "EIO", "note hello")
    else {
        return;
    };
    assert_eq!(noted.code, Some(0), "{noted:?}");
    home.kill_timer();
    // As if it had been an hour ago, on a computer that was up for longer than this one.
    let journal = home.state().join("session.jsonl");
    let mut lines = home.journal().unwrap();
    for line in &mut lines {
        let at = &mut line["at"];
        if at["boot"] != "" {
            at["boot"] = "11111111-2222-3333-4444-555555555555".into();
        }
        for clock in ["boottime_ns", "monotonic_ns"] {
            at[clock] = (at[clock].as_u64().unwrap() + 3_600_000_000_000).into();
        }
        let wall: jiff::Timestamp = at["wall"].as_str().unwrap().parse().unwrap();
        at["wall"] = (wall - jiff::SignedDuration::from_hours(1)).to_string().into();
    }
    fs::write(&journal, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert_eq!(home.run(["stop"]).code, Some(0));
    let record = &home.history()[0];
    assert_eq!(record["outcome"], "interrupted");
    assert!(record["unknown_s"].as_u64().unwrap() >= 3590, "the hour counts as unknown: {record}");
}
