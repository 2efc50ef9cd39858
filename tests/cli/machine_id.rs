//! Which computer this is, also where the system's word for it cannot be read for once.

use crate::{
    home::{Home, Output, environment},
    other_machine::with_unreadable,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

const SYSTEMS: &str = "/etc/machine-id";
const START: &str = "start --detach --no-notify --allow-long";

fn kept(home: &Home) -> String {
    fs::read_to_string(home.state().join("machine")).unwrap()
}

/// The computer that began the running session.
fn machine(home: &Home) -> Value {
    home.journal().unwrap()[0]["machine"].clone()
}

/// The names of the logs.
fn logs(home: &Home) -> BTreeSet<String> {
    let names = fs::read_dir(home.data().join("history")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A session, begun and stopped; says which computer it was.
fn session(home: &Home) -> Value {
    let begun = home.run(START.split(' '));
    assert_eq!(begun.code, Some(0), "{begun:?}");
    let machine = machine(home);
    assert_eq!(home.run(["stop"]).code, Some(0));
    machine
}

/// Tells a story where the system's id is this. Without the right to do so: fails in CI, and says why it is skipped
/// elsewhere.
fn where_it_is(home: &Home, id: &str, story: &str) -> Option<Output> {
    let file = home.folder().join("system-id");
    fs::write(&file, id).unwrap();
    let mount = format!("mount --bind {} {SYSTEMS}", file.display());
    let can = home.shell(&format!("unshare -rm sh -c '{mount}'"));
    if can.code != Some(0) {
        assert!(environment("CI").is_none(), "CI must be able to make a namespace: {}", can.stderr);
        eprintln!("skipped: no mount namespace can be made here: {}", can.stderr.trim());
        return None;
    }
    Some(home.shell(&format!("exec unshare -rm sh -ec '{mount}; {story}'")))
}

#[test]
fn the_id_in_use_is_kept_for_its_owner_where_a_session_begins() {
    let home = Home::new();
    for looking in [&["plan"][..], &["status"], &["history"], &["log", "better today"]] {
        home.run(looking);
        assert!(!home.state().exists(), "{looking:?} leaves nothing there");
    }
    let machine = session(&home);
    assert_eq!(kept(&home).trim_end(), machine);
    let mode = fs::metadata(home.state().join("machine")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names = fs::read_dir(home.state()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        !names.into_iter().any(|name| name.to_string_lossy().starts_with("machine.")),
        "nothing is left over"
    );
}

#[test]
fn a_failure_to_read_the_systems_id_makes_this_no_other_computer() {
    let home = Home::new();
    let machine = session(&home);
    let own = logs(&home);
    for why in ["EMFILE", "EIO", "EACCES", "ENOENT"] {
        let Some(begun) = with_unreadable(&home, SYSTEMS, why, START) else { return };
        assert_eq!(begun.code, Some(0), "{why}: {begun:?}");
        assert_eq!(self::machine(&home), machine, "{why}");
        let Some(stopped) = with_unreadable(&home, SYSTEMS, why, "stop") else { return };
        assert_eq!(stopped.code, Some(0), "{why}: {stopped:?}");
        let Some(logged) = with_unreadable(&home, SYSTEMS, why, "log better") else { return };
        assert_eq!(logged.code, Some(0), "{why}: {logged:?}");
        assert_eq!(logs(&home), own, "{why}");
    }
    assert_eq!(kept(&home).trim_end(), machine);
}

#[test]
fn a_session_from_before_a_restart_is_ours_though_the_systems_id_cannot_be_read() {
    let home = Home::new();
    assert_eq!(home.run(START.split(' ')).code, Some(0));
    home.kill_timer();
    let journal = home.state().join("session.jsonl");
    let boot = home.journal().unwrap()[0]["at"]["boot"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replace(&boot, "11111111-2222-3333-4444-555555555555")).unwrap();
    let seat = fs::File::open(home.state().join("seat")).unwrap();
    seat.try_lock().unwrap();
    let Some(refused) = with_unreadable(&home, SYSTEMS, "EACCES", "start") else { return };
    assert!(refused.stderr.contains("a session is running already"), "{refused:?}");
}

#[test]
fn an_empty_id_and_one_that_is_not_made_yet_are_none() {
    let home = Home::new();
    let machine = session(&home);
    let own = logs(&home);
    for none in ["", "\n", "uninitialized\n"] {
        let story =
            format!("\"$EASEBACK\" {START}; cat \"$EASEBACK_STATE_DIR/session.jsonl\"; \"$EASEBACK\" stop");
        let Some(told) = where_it_is(&home, none, &story) else { return };
        assert_eq!(told.code, Some(0), "{none:?}: {told:?}");
        let first: Value = serde_json::from_str(told.stdout.lines().next().unwrap()).unwrap();
        assert_eq!((&first["machine"], logs(&home)), (&machine, own.clone()), "{none:?}");
    }
}

#[test]
fn a_systems_id_that_can_be_read_goes_before_the_kept_one() {
    let home = Home::new();
    let one = session(&home);
    let story = format!("\"$EASEBACK\" {START}; cat \"$EASEBACK_STATE_DIR/machine\"; \"$EASEBACK\" stop");
    let Some(told) = where_it_is(&home, "0123456789abcdef0123456789abcdef\n", &story) else { return };
    assert_eq!(told.code, Some(0), "{told:?}");
    let other = kept(&home);
    assert_eq!(
        (told.stdout.as_str(), other.trim_end() == one),
        (other.as_str(), false),
        "two computers, one home"
    );
    assert_eq!(logs(&home).len(), 2, "each its own log");
    assert_eq!(session(&home), one);
    assert_eq!((kept(&home).trim_end(), logs(&home).len()), (one.as_str().unwrap(), 2));
}

#[test]
fn without_any_id_it_is_the_hosts_name_and_then_that_is_kept() {
    let home = Home::new();
    let Some(begun) = with_unreadable(&home, SYSTEMS, "EIO", START) else { return };
    assert_eq!(begun.code, Some(0), "{begun:?}");
    let by_name = machine(&home);
    assert_eq!(kept(&home).trim_end(), by_name);
    assert_eq!(home.run(["stop"]).code, Some(0), "begun since the same start, it is ours");
    assert_ne!(session(&home), by_name, "the system's goes first");
    assert_ne!(kept(&home).trim_end(), by_name);
}

#[test]
fn what_was_kept_may_be_damaged_and_stops_nothing() {
    for damage in ["echo no id", "head -c 32 /dev/zero", "yes 0123456789abcdef", "printf 0123ABCD%024d 0"] {
        let home = Home::new();
        let machine = session(&home);
        let file = home.state().join("machine");
        assert_eq!(home.shell(&format!("{damage} 2>&1 | head -c 4096 > {}", file.display())).code, Some(0));
        let Some(begun) = with_unreadable(&home, SYSTEMS, "EIO", START) else { return };
        assert_eq!(begun.code, Some(0), "{damage}: {begun:?}");
        assert_ne!(self::machine(&home), machine, "{damage}");
        assert_eq!(home.run(["stop"]).code, Some(0));
        assert_eq!(session(&home), machine, "{damage}");
        assert_eq!(kept(&home).trim_end(), machine, "{damage}");
    }
    let home = Home::new();
    fs::create_dir_all(home.state().join("machine/full")).unwrap();
    session(&home);
    assert!(home.state().join("machine/full").exists());
}

#[test]
fn a_boot_that_cannot_be_read_for_once_is_no_restart() {
    let boot_id = "/proc/sys/kernel/random/boot_id";
    let home = Home::new();
    let begun = home.run(format!("{START} --heat 3s --cold 5").split(' '));
    assert_eq!(begun.code, Some(0), "{begun:?}");
    for why in ["EMFILE", "EIO", "EACCES"] {
        let Some(noted) = with_unreadable(&home, boot_id, why, "note hello") else { return };
        assert_eq!(noted.code, Some(0), "{noted:?}");
    }
    assert_eq!(home.journal().unwrap().last().unwrap()["at"]["boot"], "");
    home.until("the swap to be told", || home.told("swap"));
    let status = home.run(["status"]);
    assert!(status.stdout.starts_with("cold, round 1"), "{status:?}");
    let Some(stopped) = with_unreadable(&home, boot_id, "EIO", "stop") else { return };
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let record = &home.history()[0];
    assert_eq!(
        (&record["unknown_s"], &record["phases"][0]["actual_s"]),
        (&Value::Null, &3.into()),
        "{record}"
    );
}

#[test]
fn a_restart_after_a_boot_that_could_not_be_read_is_seen() {
    let home = Home::new();
    assert_eq!(home.run(START.split(' ')).code, Some(0));
    home.until("the first thing told", || home.told("start"));
    let Some(noted) = with_unreadable(&home, "/proc/sys/kernel/random/boot_id", "EIO", "note hello") else {
        return;
    };
    assert_eq!(noted.code, Some(0), "{noted:?}");
    home.kill_timer();
    // As if that had been an hour ago, on a computer that ran for longer than it does now.
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
