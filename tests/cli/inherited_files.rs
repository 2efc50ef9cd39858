//! Open files of the shell, the cron job or the `flock` that starts a session are not inherited.

use crate::home::Home;
use std::fs;

/// Opens three files, as a script might have them open.
const WITH_OPEN_FILES: &str = "exec 3>$HOME/inherited 7>&3 100>&3;";
const START: &str = r#""$EASEBACK" start --detach --no-notify --heat 20 --cold 10"#;

/// Runs a line of bash: sh has no file descriptors of three digits.
fn run_bash(home: &Home, line: &str) -> String {
    let output = home.run_shell(&format!("exec bash -c '{line}'"));
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout
}

fn open_files(process: &str) -> Vec<String> {
    let numbers = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let files = numbers.filter_map(|number| fs::read_link(number.unwrap().path()).ok());
    files.map(|file| file.display().to_string()).collect()
}

fn assert_nothing_inherited(process: &str, files: &[String]) {
    assert!(!files.is_empty(), "{process} has nothing open at all");
    assert!(!files.iter().any(|file| file.ends_with("/inherited")), "{process} has {files:?}");
}

/// A home in which these programs record their open files.
fn home_recording_open_files(programs: &[&str]) -> Home {
    let script = r#"for file in /proc/$$/fd/*; do
            echo "${file##*/} $(readlink "$file")" >>"$HOME/new-${0##*/}"
        done
        mv "$HOME/new-${0##*/}" "$HOME/open-${0##*/}""#;
    programs.iter().fold(Home::new(), |home, name| home.with_program(name, script))
}

fn recorded_open_files(home: &Home, program: &str) -> Vec<String> {
    let file = home.folder().join(format!("home/open-{program}"));
    home.wait_until(program, || file.exists());
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn lock_held_during_start_is_free_afterwards() {
    let home = Home::new();
    let output = home.run_shell(&format!("flock -n \"$HOME/lock\" {START} && flock -n \"$HOME/lock\" true"));
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(home.journal().is_some(), "the session goes on");
}

#[test]
fn reader_of_the_start_output_is_not_blocked() {
    let home = Home::new();
    let output = home.run_shell(&format!("said=$(exec 3>&1; {START}); echo came back"));
    assert_eq!(output.stdout, "came back\n", "{output:?}");
    assert!(home.journal().is_some(), "the session goes on");
}

#[test]
fn timer_and_its_children_inherit_no_open_files() {
    let programs = ["hook", "pw-play", "espeak-ng"];
    let home = home_recording_open_files(&programs);
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("config.toml"), "[hooks]\nstart = [\"hook\"]\n").unwrap();
    run_bash(&home, &format!("{WITH_OPEN_FILES} {START}"));
    for program in programs {
        assert_nothing_inherited(program, &recorded_open_files(&home, program));
    }
    assert_nothing_inherited("the timer", &open_files(&home.timer_pid().to_string()));

    home.kill_timer();
    run_bash(&home, &format!("{WITH_OPEN_FILES} \"$EASEBACK\" resume"));
    assert_nothing_inherited("the timer of resume", &open_files(&home.timer_pid().to_string()));
}

#[test]
fn report_opener_inherits_no_open_files() {
    let home = home_recording_open_files(&["xdg-open"]);
    let logged = ["log", "--session", "alternate", "--at", "yesterday 18:00"];
    assert_eq!(home.run(logged).code, Some(0));
    run_bash(&home, &format!("{WITH_OPEN_FILES} \"$EASEBACK\" report --open -o report.html"));
    let open = recorded_open_files(&home, "xdg-open");
    assert_nothing_inherited("xdg-open", &open);
    for stream in 0..3 {
        assert!(open.contains(&format!("{stream} /dev/null")), "{open:?}");
    }
}
