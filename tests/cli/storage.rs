//! Full disks, folders that cannot be written and missing homes, on real file systems.

use crate::{
    bus::{FakeNotificationServer, bus_or_skip},
    home::{Home, skip},
};

/// Runs a script in a mount namespace of its own, with the program as `$EASEBACK` and a small disk as `$DISK`.
/// Without the permission to create one, fails in CI and prints elsewhere why the test is skipped.
fn run_on_a_small_disk(home: Home, size: &str, script: &str) -> Option<(Home, crate::home::Output)> {
    let (home, process) = spawn_on_a_small_disk(home, size, script)?;
    let output = process.finish();
    Some((home, output))
}

/// The same, but returns immediately.
fn spawn_on_a_small_disk(
    home: Home,
    size: &str,
    script: &str,
) -> Option<(Home, crate::home::RunningProcess)> {
    let disk = home.data();
    let home = home.env("DISK", &disk);
    let setting = format!("mkdir -p $DISK && mount -t tmpfs -o size={size} tmpfs $DISK");
    let probe = home.run_shell("unshare -rm true");
    if probe.code != Some(0) {
        skip(&format!("mount namespaces ({})", probe.stderr.trim()));
        return None;
    }
    let process = home.spawn_shell(&format!("unshare -rm sh -ec '{setting}; {script}'"));
    Some((home, process))
}

const SHORT_SESSION: &str = "start --heat 1s --cold 1s --rounds 1 --no-notify --quiet";

#[test]
fn full_data_disk_is_reported_before_the_session() {
    let script = format!("\"$EASEBACK\" {SHORT_SESSION} || echo code $?");
    let Some((home, output)) = run_on_a_small_disk(Home::new(), "16k", &script) else { return };
    assert_eq!(output.stdout, "code 1\n", "{output:?}");
    let history = home.data().join("history");
    assert!(output.stderr.contains(history.to_str().unwrap()), "names the path: {}", output.stderr);
    assert_eq!(home.journal(), None);
}

#[test]
fn full_state_disk_is_reported_before_the_session() {
    let home = Home::new();
    let state = home.data().join("state");
    let home = home.env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", new_folder());
    let script = format!("\"$EASEBACK\" {SHORT_SESSION} || echo code $?; ls $DISK/state");
    let Some((_, output)) = run_on_a_small_disk(home, "16k", &script) else { return };
    assert!(output.stdout.starts_with("code 1\n"), "{output:?}");
    assert!(output.stderr.contains(state.to_str().unwrap()), "names the path: {}", output.stderr);
    assert!(!output.stdout.contains("session."), "no journal is left: {}", output.stdout);
}

fn new_folder() -> std::path::PathBuf {
    tempfile::TempDir::new().unwrap().keep()
}

#[test]
fn read_only_folder_is_reported_before_the_session() {
    let script = format!("mount -o remount,ro $DISK; \"$EASEBACK\" {SHORT_SESSION} || echo code $?");
    let Some((home, output)) = run_on_a_small_disk(Home::new(), "1m", &script) else { return };
    assert_eq!(output.stdout, "code 1\n", "{output:?}");
    assert!(output.stderr.contains(home.data().to_str().unwrap()), "names the path: {}", output.stderr);
    assert!(output.stderr.contains("the disk is read-only"), "{}", output.stderr);
    assert_eq!(home.journal(), None);
}

#[test]
fn disk_filled_mid_session_has_room_for_the_record() {
    let script = format!(
        "\"$EASEBACK\" {SHORT_SESSION} & \
         until [ -e $DISK/history ] && [ -e \"$EASEBACK_STATE_DIR/session.jsonl\" ]; do sleep 0.01; done; \
         cat /dev/zero > $DISK/ballast 2>/dev/null || true; \
         wait $!; cat $DISK/history/*.jsonl"
    );
    let Some((_, output)) = run_on_a_small_disk(Home::new(), "1m", &script) else { return };
    assert!(output.stdout.contains("\"outcome\":\"completed\""), "{output:?}");
}

#[test]
fn alerts_continue_on_a_full_disk_and_are_written_later() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new();
    let state = home.data().join("state");
    let home = home.env("EASEBACK_STATE_DIR", &state).env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    // Long notes use up the space that was reserved at the start.
    let script = "\"$EASEBACK\" start --detach --heat 6s --cold 2s --rounds 1; \
         cat /dev/zero > $DISK/ballast 2>/dev/null || true; \
         text=$(printf %01900d 0); \
         while \"$EASEBACK\" note $text 2> $HOME/refused; do echo noted; done; \
         while \"$EASEBACK\" note 0 2> $HOME/refused; do echo noted; done; \
         cat $HOME/refused >&2; touch $HOME/full; \
         until [ -e $HOME/room ]; do sleep 0.02; done; \
         rm $DISK/ballast; \
         until grep -q completed $DISK/history/*.jsonl; do sleep 0.02; done; \
         grep complaint $DISK/state/session.jsonl | wc -l; \
         \"$EASEBACK\" stop 2>/dev/null; cat $DISK/history/*.jsonl";
    let Some((home, process)) = spawn_on_a_small_disk(home, "1m", script) else { return };
    let in_home = |name: &str| home.folder().join("home").join(name);
    home.wait_until("a full disk", || in_home("full").exists());
    assert!(server.notifications().len() < 3, "full before the end");
    home.wait_until("every alarm", || server.notifications().len() >= 3);
    std::fs::write(in_home("room"), "").unwrap();
    let output = process.finish();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.stderr.contains("no space left on the disk"),
        "a refused command says why: {}",
        output.stderr
    );
    let (notes, rest) = output.stdout.split_at(output.stdout.rfind("noted\n").unwrap() + 6);
    let (warnings, record) = rest.split_once('\n').unwrap();
    assert_eq!(warnings.trim(), "1", "{output:?}");
    let record: serde_json::Value = serde_json::from_str(record.lines().next().unwrap()).unwrap();
    assert_eq!((&record["outcome"], &record["active_s"]), (&"completed".into(), &8.into()), "{record}");
    assert_eq!(record["overdue_s"], serde_json::Value::Null, "the swap was on time: {record}");
    assert_eq!(record["note"].as_str().unwrap().lines().count(), notes.lines().count());
}

#[test]
fn unrecorded_session_is_kept_reported_and_retried() {
    let script = format!(
        "\"$EASEBACK\" {SHORT_SESSION} & \
         until [ -e \"$EASEBACK_STATE_DIR/session.jsonl\" ]; do sleep 0.01; done; \
         mount -o remount,ro $DISK; \
         wait $! || echo code $?; \
         [ -e \"$EASEBACK_STATE_DIR/session.jsonl\" ] && echo kept; \
         \"$EASEBACK\" stop || echo code $?; \
         mount -o remount,rw $DISK; \
         \"$EASEBACK\" stop || [ $? -eq 3 ]; \
         \"$EASEBACK\" history list --json; \
         [ -e \"$EASEBACK_STATE_DIR/session.jsonl\" ] || echo gone"
    );
    let Some((home, output)) = run_on_a_small_disk(Home::new(), "1m", &script) else { return };
    assert!(output.stdout.starts_with("code 1\nkept\ncode 1\n"), "{output:?}");
    assert!(output.stdout.contains("\"completed\"") && output.stdout.ends_with("gone\n"), "{output:?}");
    let errors: Vec<&str> = output.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 2, "{}", output.stderr);
    for error in errors {
        assert!(error.contains(home.data().to_str().unwrap()), "names the path: {error}");
        assert!(error.contains("not recorded") && error.contains("read-only"), "{error}");
    }
    assert!(output.stderr.contains("kept in"), "{}", output.stderr);
}

#[test]
fn error_for_a_missing_home_names_what_to_set() {
    let nowhere = std::path::Path::new("/proc/nowhere");
    let home =
        Home::new().env("HOME", nowhere).remove_env("EASEBACK_DATA_DIR").remove_env("EASEBACK_STATE_DIR");
    let refused = home.run(["start", "--no-notify"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert!(
        refused.stderr.contains("/proc/nowhere") && refused.stderr.contains("hint: "),
        "{}",
        refused.stderr
    );
}

#[test]
fn damaged_journal_is_set_aside_and_never_deleted() {
    let home = Home::new();
    std::fs::create_dir_all(home.state()).unwrap();
    std::fs::write(home.state().join("session.jsonl"), "\u{0}\u{0}rubbish\n").unwrap();
    assert_eq!(home.run(["status"]).code, Some(1));
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--quiet"]).code, Some(0));
    let kept = home.files().into_iter().any(|(path, entry)| {
        path.to_string_lossy().contains("damaged")
            && entry.bytes.is_some_and(|bytes| bytes.ends_with(b"rubbish\n"))
    });
    assert!(kept);
}
