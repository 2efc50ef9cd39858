//! Logs that cannot be opened or read, and folders that cannot be listed: never an empty history.
//!
//! The faults are real: the system responds as with a failing disk, a stale mount or missing permissions.

use crate::{
    history_folder::{bytes, session, sessions},
    home::{Home, Output, has_program_or_skip},
    questions::{self, type_on_cleared_screen},
    terminal::Terminal,
};
use easeback::record::HistoryLine;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

const RECENT_USE_PROMPT: &str = "Heat or cold in the last 30 minutes?";
const COUNTS_NOTICE: &str = "they count as if both had ended at ";
const TOO_SOON_ERROR: &str = "error: it may be too soon: heat and cold of the last half hour may be in ";
const FIX_HINT: &str = "make it readable, or move it out of the history's folder";
const TOO_SOON_HINT: &str = "make it readable, or move it out of the history's folder; on a terminal `easeback start` asks \
    instead, without --skip-questions; --allow-long only if your doctor or physiotherapist told you to";
const STRACE: &str = "strace -qq -f -o /dev/null";
/// Runs as root, but subject to file permissions.
const WITH_FILE_MODES: &str = "setpriv --bounding-set -dac_override,-dac_read_search";

/// The message for root, who could own any file.
const NOT_ALLOWED: &str = "not allowed";

/// A fault of a log by name, the arguments of strace that cause it, and the reason that the person reads.
const FAULTS: [(&str, &str, &str); 8] = [
    ("EIO at open", "-e inject=openat:error=EIO", "the disk reports an error"),
    ("ESTALE at open", "-e inject=openat:error=ESTALE", "the network folder cannot be reached"),
    ("EIO at read", "-e inject=read,pread64:error=EIO", "the disk reports an error"),
    ("EIO half way", "-e inject=read,pread64:error=EIO:when=2+", "the disk reports an error"),
    ("no permission", "", NOT_ALLOWED),
    ("a link to nowhere", "", "it is a link to nowhere, which is not there"),
    ("a link to itself", "", "its link leads in a circle"),
    ("a folder without permission", "", NOT_ALLOWED),
];

fn history_folder(home: &Home) -> PathBuf {
    home.data().join("history")
}

/// A home with a readable log, one that is about to become unreadable, and a backup.
fn home_with_logs() -> (Home, PathBuf) {
    let home = Home::new();
    fs::create_dir_all(history_folder(&home)).unwrap();
    fs::write(history_folder(&home).join("a.jsonl"), bytes(&sessions(3))).unwrap();
    let bad_log = history_folder(&home).join("bad.jsonl");
    // More than is read in one chunk. None is of the last hours, but all were written so late that they are read.
    let late = 10 * 365 * 24 * 60;
    let lines = (0..300).map(|n| HistoryLine::Session(session(n, i64::from(n), late + i64::from(n))));
    fs::write(&bad_log, bytes(&lines.collect::<Vec<_>>())).unwrap();
    fs::write(home.folder().join("backup"), "good").unwrap();
    fs::write(home.folder().join("incoming"), bytes(&sessions(5))).unwrap();
    (home, bad_log)
}

/// Causes the fault, and returns the command that easeback must be run with.
fn inject_fault(home: &Home, bad_log: &Path, fault: &str, runner: &str) -> String {
    let link_to = |target: &str| {
        fs::remove_file(bad_log).unwrap();
        symlink(target, bad_log).unwrap();
    };
    let forbid = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap();
    match fault {
        "no permission" => forbid(bad_log),
        "a folder without permission" => forbid(&history_folder(home)),
        "a link to nowhere" => link_to("nowhere"),
        "a link to itself" => link_to("bad.jsonl"),
        _ => return format!("{STRACE} -P {} {runner}", bad_log.display()),
    }
    // Without root there is no such capability to give up.
    if is_root(home) { WITH_FILE_MODES.to_owned() } else { String::new() }
}

fn is_root(home: &Home) -> bool {
    home.run_shell("id -u").stdout.trim() == "0"
}

/// The reason, as the person who runs the tests reads it.
fn expected_reason(home: &Home, reason: &'static str) -> &'static str {
    if reason == NOT_ALLOWED && !is_root(home) { "its permissions keep you out" } else { reason }
}

fn run_with_fault(home: &Home, runner: &str, args: &str) -> Output {
    home.run_shell(&format!("{runner} \"$EASEBACK\" {args}"))
}

#[test]
fn commands_fail_and_change_nothing_on_an_unreadable_history() {
    for (fault, runner, reason) in FAULTS {
        let (home, bad_log) = home_with_logs();
        if !has_program_or_skip("strace") || !has_program_or_skip("setpriv") {
            return;
        }
        let reason = expected_reason(&home, reason);
        let path = if fault.contains("folder") { history_folder(&home) } else { bad_log.clone() };
        let runner = inject_fault(&home, &bad_log, fault, runner);
        for args in [
            "history --all",
            "history list --json --all",
            "history list --entries --csv",
            "history show 0",
            "history rate 00000001 3",
            "history note 00000001 x",
            "history edit 00000001 --region low",
            "history delete 00000001 --yes",
            "history restore last",
            "history import incoming",
            "history export",
            "history export --format csv",
            "history export --format json -o /dev/stdout --yes",
            "history export -o backup --yes",
            "history export --format json -o backup --yes",
            "history export --format csv -o backup --yes",
            "history export -o new",
            "stats",
            "stats --json",
            "report -o -",
            "report -o backup --yes",
        ] {
            assert_fails_unchanged(&home, &runner, args, fault, &[path.to_str().unwrap(), reason]);
        }
        if fault == "EIO half way" {
            continue; // The newest lines are at the end of the file.
        }
        for args in [
            "history show last",
            "history rate last 3",
            "history note last x",
            "history edit last --region low",
            "history delete last --yes",
            "pain 3",
            "plan --again",
            "start --again --detach",
            "start --again --detach --rehearse",
        ] {
            assert_fails_unchanged(&home, &runner, args, fault, &[path.to_str().unwrap(), reason]);
        }
        let before = home.files();
        let check = run_with_fault(&home, &runner, "history check");
        assert_eq!((check.code, home.files()), (Some(1), before), "{fault}");
        let named = format!("cannot read {}: {reason}", path.display());
        assert!(check.stdout.contains(&named) && check.stderr.contains("hint: "), "{fault}: {check:?}");
        assert!(!check.stdout.contains("bad.jsonl: 0 lines"), "{fault}: {check:?}");
        assert!(check.stdout.contains("\nNOT SURE: "), "{fault}: {check:?}");
        assert!(!check.stdout.contains("same history"), "of nothing that was not read: {fault}: {check:?}");
    }
}

/// The command fails with this message, prints nothing, and changes no file.
fn assert_fails_unchanged(home: &Home, runner: &str, args: &str, fault: &str, expected: &[&str]) {
    let before = home.files();
    let output = run_with_fault(home, runner, args);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{fault}: {args}: {output:?}");
    assert!(
        output.stderr.contains("error: ") && output.stderr.contains("\nhint: "),
        "{fault}: {args}: {output:?}"
    );
    assert!(expected.iter().all(|expected| output.stderr.contains(expected)), "{fault}: {args}: {output:?}");
    assert!(home.files() == before, "{fault}: {args} changed a file");
}

#[test]
fn partly_listed_folder_is_an_error() {
    for when in ["1+", "2+"] {
        let (home, _) = home_with_logs();
        if !has_program_or_skip("strace") {
            return;
        }
        let folder = history_folder(&home);
        let runner = format!("{STRACE} -P {} -e inject=getdents64:error=EIO:when={when}", folder.display());
        for args in ["history --json", "stats", "history export -o backup --yes", "history rate last 3"] {
            assert_fails_unchanged(
                &home,
                &runner,
                args,
                when,
                &[folder.to_str().unwrap(), "the disk reports"],
            );
        }
        // It lists the folder twice.
        let check = run_with_fault(&home, &runner.replace("2+", "4"), "history check");
        let named = format!("cannot read {}: the disk reports", folder.display());
        assert!(check.code == Some(1) && check.stdout.contains(&named), "{check:?}");
        assert!(check.stderr.contains("hint: make that folder readable\n"), "{check:?}");
        assert_eq!(check.stdout.contains("bad.jsonl: 300 lines"), when == "2+", "{check:?}");
    }
}

#[test]
fn new_lines_are_written_despite_unreadable_logs() {
    for (fault, runner, reason) in FAULTS {
        let (home, bad_log) = home_with_logs();
        if !has_program_or_skip("strace") || !has_program_or_skip("setpriv") {
            return;
        }
        let reason = expected_reason(&home, reason);
        // This computer's own log exists: it can be written even if the folder cannot be listed.
        assert_eq!(home.run(["log", "first"]).code, Some(0));
        let runner = inject_fault(&home, &bad_log, fault, runner);
        if fault.contains("folder") {
            fs::set_permissions(history_folder(&home), fs::Permissions::from_mode(0o300)).unwrap();
        }
        let noted = run_with_fault(&home, &runner, "log second");
        assert_eq!(
            (noted.code, noted.stderr.contains("written down")),
            (Some(0), true),
            "{fault}: {noted:?}"
        );
        let logged = run_with_fault(&home, &runner, "log --session ice --at 3h");
        assert_eq!(logged.code, Some(0), "{fault}: {logged:?}");
        assert!(
            logged.stderr.contains("warning: cannot read ") && logged.stderr.contains(reason),
            "{logged:?}"
        );
        assert_eq!(own_log_lines(&home).len(), 3, "{fault}");
    }
}

fn own_log_path(home: &Home) -> PathBuf {
    let names = fs::read_dir(history_folder(home)).unwrap().map(|entry| entry.unwrap().path());
    let is_own = |path: &PathBuf| !["a.jsonl", "bad.jsonl"].iter().any(|name| path.ends_with(name));
    names.into_iter().find(is_own).unwrap()
}

/// The lines of this computer's own log; duplicates count once.
fn own_log_lines(home: &Home) -> BTreeSet<String> {
    let text = fs::read_to_string(own_log_path(home)).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn unreadable_own_log_is_appended_to() {
    let home = Home::new();
    if !has_program_or_skip("strace") || !has_program_or_skip("setpriv") {
        return;
    }
    assert_eq!(home.run(["log", "first"]).code, Some(0));
    let log = own_log_path(&home);
    // A torn line, which cannot be seen without reading the file.
    fs::write(&log, fs::read_to_string(&log).unwrap() + "{\"v\":1,\"kind\":\"entr").unwrap();
    let eio = format!("{STRACE} -P {} -e inject=read,pread64:error=EIO", log.display());
    assert_eq!(run_with_fault(&home, &eio, "log second").code, Some(0));

    fs::set_permissions(&log, fs::Permissions::from_mode(0o200)).unwrap();
    let noted = run_with_fault(&home, WITH_FILE_MODES, "log third");
    assert_eq!(noted.code, Some(0), "{noted:?}");
    let started = run_with_fault(
        &home,
        WITH_FILE_MODES,
        "start --heat 1s --cold 1s --rounds 1 --no-notify --allow-long --quiet",
    );
    assert_eq!(started.code, Some(0), "{started:?}");
    home.wait_until("the record", || own_log_lines(&home).len() == 5);
    home.wait_until("the end of the session", || home.run(["stop"]).code == Some(3));

    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("entr\n{") && text.contains("}\n\n{"), "each began with a newline: {text}");
    let check = home.run(["history", "check"]);
    assert!(check.stdout.contains(" lines, 1 unreadable\n"), "{check:?}");
    assert!(check.stdout.contains(".jsonl:2: cannot be read: "), "{check:?}");
    assert!(check.stdout.contains("1 session, 0 corrections, 3 diary entries\n"), "{check:?}");
}

#[test]
fn dangling_history_symlink_is_an_error_for_every_command() {
    for (link, target) in [("data/history", "/nowhere/at all"), ("data", "../gone"), ("data", "data")] {
        let home = Home::new();
        let path = home.folder().join(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, &path).unwrap();
        fs::write(home.folder().join("backup"), "good").unwrap();
        fs::write(home.folder().join("incoming"), bytes(&sessions(5))).unwrap();
        for args in [
            "history",
            "history list --json",
            "history show last",
            "history rate last 3",
            "history export -o backup --yes",
            "history import incoming",
            "history check",
            "stats",
            "report -o -",
            "log walked",
            "log --session ice --at 3h",
            "pain 3",
            "plan",
            "plan --again",
            "start --detach",
        ] {
            let names = format!("{} is a link to {target}, which leads nowhere", path.display());
            assert_fails_unchanged(&home, "", args, link, &[&names]);
        }
        let rehearsed = home.run(["plan", "--rehearse"]);
        assert_eq!((rehearsed.code, rehearsed.stderr.as_str()), (Some(0), ""), "a rehearsal has no past");
    }
}

#[test]
fn session_keeps_its_journal_if_the_history_symlink_is_dangling() {
    let home = Home::new();
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    fs::rename(history_folder(&home), home.folder().join("kept")).unwrap();
    symlink("nowhere", history_folder(&home)).unwrap();
    let stopped = home.run(["stop"]);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    assert!(stopped.stderr.contains("history is a link to nowhere, which leads nowhere"), "{stopped:?}");
    assert!(stopped.stderr.contains("It is kept in "), "{stopped:?}");
    assert!(home.journal().is_some());
    fs::remove_file(history_folder(&home)).unwrap();
    fs::rename(home.folder().join("kept"), history_folder(&home)).unwrap();
    assert_eq!(home.run(["history"]).code, Some(0));
    home.wait_until("the record", || home.journal().is_none());
    assert_eq!(home.history().len(), 1);
}

/// A log that cannot be read and was changed so many minutes ago, and the command that easeback must be run with.
fn home_with_changed_log(minutes: u64) -> (Home, String) {
    let (home, bad_log) = home_with_logs();
    let long_ago = File::options().append(true).open(&bad_log).unwrap();
    let now = fs::metadata(&bad_log).unwrap().modified().unwrap();
    long_ago.set_modified(now - Duration::from_mins(minutes)).unwrap();
    // With -f, strace would wait for the timer.
    let runner = STRACE.replace(" -f", "");
    (home, format!("{runner} -P {} -e inject=openat:error=EIO", bad_log.display()))
}

#[test]
fn heat_and_cold_count_up_to_the_last_change_without_an_answer() {
    for (minutes, refuses, counts) in
        [(0, true, true), (3, true, true), (7, false, true), (29, false, true), (32, false, false)]
    {
        let (home, runner) = home_with_changed_log(minutes);
        if !has_program_or_skip("strace") {
            return;
        }
        let code = Some(if refuses { 1 } else { 0 });
        for args in ["plan", "plan --first cold", "plan ice", "start --detach --no-notify", "plan --json"] {
            let output = run_with_fault(&home, &runner, args);
            assert_eq!(output.code, code, "{minutes}: {args}: {output:?}");
            assert!(
                output.stderr.contains("warning: cannot read ")
                    && output.stderr.contains("bad.jsonl: the disk")
            );
            assert_eq!(
                output.stderr.matches(COUNTS_NOTICE).count(),
                usize::from(counts),
                "{minutes}: {args}: {output:?}"
            );
            assert!(!output.stderr.contains("your last session"), "there was none: {output:?}");
            let bad_log = history_folder(&home).join("bad.jsonl");
            let reason = format!("{TOO_SOON_ERROR}{}, which cannot be read\n", bad_log.display());
            assert_eq!(output.stderr.contains(&reason), refuses, "{minutes}: {args}: {output:?}");
            let hint = format!("hint: rest for 5 min, or {TOO_SOON_HINT}\n");
            assert_eq!(output.stderr.contains(&hint), refuses, "{minutes}: {args}: {output:?}");
        }
        assert_eq!(home.journal().is_none(), refuses, "{minutes}");
        assert_eq!(run_with_fault(&home, "", "plan").stderr, "", "and as ever, once it can be read");
        let rehearsed = run_with_fault(&home, &runner, "plan --rehearse");
        assert_eq!((rehearsed.code, rehearsed.stderr.as_str()), (Some(0), ""), "a rehearsal has no past");
    }
}

/// However long the person rests: so the hint suggests no rest, but what helps.
#[test]
fn file_without_a_known_change_time_counts_as_changed_now() {
    for (fault, runner) in [
        ("a file", "-e inject=openat,statx:error=EIO -P bad"),
        ("a folder", "-e inject=getdents64:error=EIO -P folder"),
    ] {
        let (home, bad_log) = home_with_logs();
        if !has_program_or_skip("strace") {
            return;
        }
        let folder = history_folder(&home);
        let path = if fault == "a file" { bad_log.display() } else { folder.display() };
        let way_out = if fault == "a file" {
            TOO_SOON_HINT.into()
        } else {
            TOO_SOON_HINT.replace(FIX_HINT, "make that folder readable")
        };
        let runner = runner
            .replace("bad", &bad_log.display().to_string())
            .replace("folder", &folder.display().to_string());
        let runner = format!("{} {runner}", STRACE.replace(" -f", ""));
        for args in
            ["plan", "plan --first cold", "start --detach --no-notify", "start --detach --skip-questions"]
        {
            let output = run_with_fault(&home, &runner, args);
            assert!(
                output.code == Some(1) && output.stderr.contains(COUNTS_NOTICE),
                "{fault}: {args}: {output:?}"
            );
            let reason = format!("{TOO_SOON_ERROR}{path}, which cannot be read\nhint: {way_out}\n");
            assert!(output.stderr.ends_with(&reason), "{fault}: {args}: {output:?}");
        }
        // These two still work.
        let allowed = run_with_fault(&home, &runner, "start --detach --no-notify --allow-long");
        assert_eq!(allowed.code, Some(0), "{fault}: {allowed:?}");
        assert_eq!(home.run(["stop"]).code, Some(0));
        assert_eq!(
            run_with_fault(&home, &runner, "plan stiff-day").code,
            Some(0),
            "it has neither heat nor cold"
        );
    }
}

#[test]
fn dangling_symlink_counts_with_its_own_time() {
    let (home, bad_log) = home_with_logs();
    for (ago, refuses, counts) in
        [("now", true, true), ("7 minutes ago", false, true), ("2 hours ago", false, false)]
    {
        inject_fault(&home, &bad_log, "a link to nowhere", "");
        assert_eq!(home.run_shell(&format!("touch -h -d '{ago}' '{}'", bad_log.display())).code, Some(0));
        let plan = home.run(["plan"]);
        assert_eq!(plan.code, Some(if refuses { 1 } else { 0 }), "{ago}: {plan:?}");
        assert_eq!(plan.stderr.contains(COUNTS_NOTICE), counts, "{ago}: {plan:?}");
        assert!(plan.stderr.contains("bad.jsonl: it is a link to nowhere"), "{plan:?}");
    }
}

#[test]
fn start_refused_by_known_sessions_names_them_as_the_reason() {
    let (home, bad_log) = home_with_logs();
    inject_fault(&home, &bad_log, "a link to nowhere", "");
    assert_eq!(home.run(["log", "--session", "ice", "--cold", "20", "--at", "20m"]).code, Some(0));
    let plan = home.run(["plan", "ice"]);
    assert!(plan.code == Some(1) && plan.stderr.contains("too soon after your last session"), "{plan:?}");
}

#[test]
fn unreadable_last_line_may_be_heat_and_cold() {
    let recent = |home: &Home, log: &[u8]| {
        fs::write(history_folder(home).join("bad.jsonl"), log).unwrap();
        home.run(["plan"])
    };
    let (home, _) = home_with_logs();
    let good = bytes(&sessions(2));
    let torn = [&good[..], b"{\"v\":1,\"kind\":\"sess"].concat();
    let plan = recent(&home, &torn);
    assert!(plan.code == Some(1) && plan.stderr.contains(COUNTS_NOTICE), "{plan:?}");
    assert!(plan.stderr.contains("warning: cannot read a line of "), "{plan:?}");
    // What was written before an old line is older.
    let plan = recent(&home, &[&torn, &b"\n"[..], &good].concat());
    assert!(plan.code == Some(0) && !plan.stderr.contains(COUNTS_NOTICE), "{plan:?}");
    // Statistics still work.
    assert_eq!(home.run(["stats"]).code, Some(0));
}

#[test]
fn old_torn_line_stays_old_after_a_new_line() {
    let home = Home::new();
    assert_eq!(home.run(["log", "first"]).code, Some(0));
    let log = own_log_path(&home);
    fs::write(&log, fs::read_to_string(&log).unwrap() + "{\"v\":1,\"kind\":\"sess").unwrap();
    let touched = |ago| home.run_shell(&format!("touch -d '{ago}' '{}'", log.display()));
    assert_eq!(touched("3 minutes ago").code, Some(0));
    let plan = home.run(["plan"]);
    let reason = format!("{TOO_SOON_ERROR}the last line of {}, which cannot be read\n", log.display());
    assert!(plan.code == Some(1) && plan.stderr.contains(&reason), "{plan:?}");
    assert!(plan.stderr.contains("hint: rest for 5 min, or mend that line or delete it; "), "{plan:?}");

    assert_eq!(touched("2 hours ago").code, Some(0));
    for text in ["", "walked", "slept"] {
        if !text.is_empty() {
            assert_eq!(home.run(["log", text]).code, Some(0));
        }
        let plan = home.run(["plan"]);
        assert!(plan.code == Some(0) && !plan.stderr.contains(COUNTS_NOTICE), "{text}: {plan:?}");
        assert!(plan.stderr.contains("warning: cannot read a line of "), "{text}: {plan:?}");
    }
}

/// A home in which `start` asks only for recent heat and cold.
fn home_asking_for_recent_use() -> Home {
    let home = questions::home_after_contraindications();
    fs::create_dir_all(history_folder(&home)).unwrap();
    symlink("nowhere", history_folder(&home).join("gone.jsonl")).unwrap();
    home
}

#[test]
fn start_on_a_terminal_asks_for_recent_heat_and_cold_once() {
    for (flags, key, answer) in [
        ("", true, "n"),
        ("", true, "y"),
        ("--plain", false, "no"),
        ("--plain", false, "y"),
        ("TERM=dumb", false, "yes"),
    ] {
        let home = home_asking_for_recent_use();
        let Some(terminal) = Terminal::open(&home) else { return };
        let (set, flag) = if flags.contains('=') { (flags, "") } else { ("", flags) };
        let start = format!("{set} $EASEBACK start --detach --no-notify --pain 3 {flag}; echo code $?");
        type_on_cleared_screen(&terminal, &home, start.trim_start());
        terminal.wait_for_text(RECENT_USE_PROMPT);
        assert!(terminal.screen().contains("gone.jsonl: it is a"), "{}", terminal.screen());
        if key {
            terminal.wait_for_raw_mode();
            terminal.press_keys(answer);
        } else {
            terminal.type_line("perhaps");
            home.wait_until("the question again", || {
                terminal.screen().matches(RECENT_USE_PROMPT).count() == 2
            });
            terminal.type_line(answer);
        }
        if answer.starts_with('y') {
            terminal.wait_for_text("code 1");
            let screen = terminal.screen();
            assert!(
                screen.contains("error: too soon: heat and cold of the last half hour may be in"),
                "{screen}"
            );
            assert!(screen.contains("hint: begin half an hour after them, or make it readable"), "{screen}");
            assert_eq!(home.journal(), None);
            continue;
        }
        terminal.wait_for_text(if key { questions::SIGNS_PROMPT } else { "Type n (none of these)" });
        assert!(!terminal.screen().contains(COUNTS_NOTICE), "{}", terminal.screen());
        if key {
            terminal.wait_for_raw_mode();
            terminal.press_keys("n");
        } else {
            terminal.type_line("n");
        }
        terminal.wait_for_text("code 0");
        assert!(home.journal().is_some(), "{}", terminal.screen());
    }
}

#[test]
fn suppressed_question_is_not_asked_and_only_start_asks_it() {
    let home = home_asking_for_recent_use();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_on_cleared_screen(
        &terminal,
        &home,
        "$EASEBACK start --detach --skip-questions --no-notify; echo code $?",
    );
    terminal.wait_for_text("code 1");
    let screen = terminal.screen();
    assert!(
        !screen.contains(RECENT_USE_PROMPT)
            && screen.contains("heat and cold of the last half hour may be in")
    );
    assert!(screen.contains("asks instead, without --skip-questions;"), "{screen}");

    type_on_cleared_screen(&terminal, &home, "$EASEBACK start --rehearse --detach --no-notify; echo code $?");
    terminal.wait_for_text("code 0");
    assert!(!terminal.screen().contains("warning"), "{}", terminal.screen());
    assert_eq!(home.run(["stop"]).code, Some(0));

    type_on_cleared_screen(&terminal, &home, "$EASEBACK; echo code $?");
    terminal.wait_for_text("Enter starts it");
    assert!(terminal.screen().contains("gone.jsonl: it is a"), "{}", terminal.screen());
    terminal.press_keys("Enter");
    terminal.wait_for_text(RECENT_USE_PROMPT);
    terminal.wait_for_raw_mode();
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 130");
    assert_eq!(home.journal(), None);
}
