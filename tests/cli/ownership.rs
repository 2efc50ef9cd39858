//! Owners of files: root leaves a person's folders alone, and a person who finds root's files there gets the fix.
//!
//! The person is a user without a name. All folders are the default ones, in a home that the person owns.

use crate::home::{Home, Output, PROGRAM, skip};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

const DATA: &str = ".local/share/easeback";
const STATE: &str = ".local/state/easeback";
const CONFIG: &str = ".config/easeback";

/// A home of user 1234, used by root and by that user; `None` with a message if the tester is not root.
fn home_of_other_user() -> Option<Home> {
    let home = Home::new().remove_env("EASEBACK_DATA_DIR").remove_env("EASEBACK_STATE_DIR");
    let home = home.remove_env("EASEBACK_CONFIG_DIR");
    let is_root = fs::metadata(home.folder()).unwrap().uid() == 0;
    if !is_root {
        skip("to be run by root");
        return None;
    }
    // The user needs access to the home and to the program, wherever it was built.
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    // A process of its own copies it: a file that is open for writing here, and inherited by a process that another test
    // starts, cannot be run ("text file busy").
    assert!(Command::new("cp").arg(PROGRAM).arg(home.folder().join("easeback")).status().unwrap().success());
    change_owner(&path_in_home(&home, ""), "1234:1234");
    Some(home)
}

fn path_in_home(home: &Home, path: &str) -> PathBuf {
    home.folder().join("home").join(path)
}

fn change_owner(path: &Path, to: &str) {
    assert!(Command::new("chown").args(["-R", to]).arg(path).status().unwrap().success());
}

/// Runs easeback as the owner of the home.
fn run_as_owner(home: &Home, args: &str) -> Output {
    home.run_shell(&format!("exec setpriv --reuid=1234 --regid=1234 --clear-groups ./easeback {args}"))
}

fn assert_success(output: &Output) {
    assert_eq!(output.code, Some(0), "{output:?}");
}

/// Creates a diary entry, a session, a config and a protocol of that user.
fn create_user_files(home: &Home) {
    for args in [
        "log hello",
        "log --session alternate --at 'yesterday 18:00'",
        "config init",
        "protocols new mine",
        "start --rehearse --detach --quiet --no-notify",
        "stop",
    ] {
        assert_success(&run_as_owner(home, args));
    }
}

#[track_caller]
fn assert_refused(home: &Home, args: &str) {
    let before = home.files();
    let output = home.run_shell(&format!("\"$EASEBACK\" {args}"));
    assert_eq!(output.code, Some(1), "{args}: {output:?}");
    assert!(
        output.stderr.contains("error: you are root") && output.stderr.contains("user 1234"),
        "{output:?}"
    );
    assert!(output.stderr.contains("hint: run it without sudo; EASEBACK_"), "{output:?}");
    assert_eq!(home.files(), before, "{args}");
}

const CREATING: [&str; 8] = [
    "start --detach --quiet",
    "start --rehearse",
    "log hello",
    "log --session alternate --at 'yesterday 20:00'",
    "history import export.jsonl",
    "config init",
    "protocols new my-own",
    "start --again --detach",
];

#[test]
fn root_creates_nothing_in_a_persons_folders() {
    let Some(home) = home_of_other_user() else { return };
    let another = Home::new();
    assert_success(&another.run(["log", "stiff"]));
    let exported = another.run(["history", "export"]);
    fs::write(home.folder().join("export.jsonl"), exported.stdout).unwrap();
    for args in CREATING.iter().filter(|args| !args.contains("--again")) {
        assert_refused(&home, args);
    }
    // As after an earlier `sudo easeback`.
    for folder in [DATA, STATE, CONFIG] {
        fs::create_dir_all(path_in_home(&home, folder)).unwrap();
    }
    assert_refused(&home, "log hello");
    assert_refused(&home, "start --detach");
    assert_refused(&home, "config init");

    change_owner(&path_in_home(&home, ""), "1234:1234");
    create_user_files(&home);
    fs::remove_file(path_in_home(&home, CONFIG).join("config.toml")).unwrap();
    for args in CREATING.iter().chain(&["history rate last 3", "history delete last --yes"]) {
        assert_refused(&home, args);
    }
}

#[test]
fn root_reads_a_persons_files_and_leaves_nothing_behind() {
    let Some(home) = home_of_other_user() else { return };
    let read = [
        "history",
        "history list --entries",
        "history check",
        "stats",
        "plan",
        "report -o -",
        "config",
        "protocols",
    ];
    for args in ["history", "stats", "plan", "config", "protocols"] {
        let before = home.files();
        assert_success(&home.run_shell(&format!("\"$EASEBACK\" {args}")));
        assert_eq!(home.files(), before, "{args}, where there is nothing");
    }
    create_user_files(&home);
    let before = home.files();
    for args in read {
        assert_success(&home.run_shell(&format!("\"$EASEBACK\" {args}")));
        assert_eq!(home.files(), before, "{args}");
    }
    assert_eq!(home.run_shell("\"$EASEBACK\" status").code, Some(3));
    assert_eq!(home.run_shell("\"$EASEBACK\" stop").code, Some(3));
    assert_eq!(home.files(), before);
}

#[test]
fn root_does_not_resume_a_persons_session() {
    let Some(home) = home_of_other_user() else { return };
    assert_success(&run_as_owner(&home, "start --rehearse --detach --quiet --no-notify"));
    assert_success(&home.run_shell("\"$EASEBACK\" pause"));
    let journal = path_in_home(&home, STATE).join("session.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let timer = text.split("\"pid\":").nth(1).unwrap().split(|c: char| !c.is_ascii_digit()).next().unwrap();
    assert_success(&home.run_shell(&format!("kill -9 {timer}")));
    home.wait_until("root to see that no timer runs", || {
        home.run_shell("\"$EASEBACK\" status --json").stdout.contains("\"cut_off\"")
    });
    assert_refused(&home, "resume");
    assert_eq!(fs::metadata(&journal).unwrap().uid(), 1234);
    assert_success(&run_as_owner(&home, "stop"));
}

#[test]
fn root_creates_only_in_folders_named_explicitly() {
    let Some(home) = home_of_other_user() else { return };
    let data = home.data();
    let home = home.env("EASEBACK_DATA_DIR", data);
    assert_success(&home.run(["log", "hello"]));
    assert!(!path_in_home(&home, STATE).exists(), "no machine id is kept there");
    for args in ["start --detach", "config init", "protocols new my-own"] {
        assert_refused(&home, args);
    }
    let config = home.config();
    let home = home.env("EASEBACK_CONFIG_DIR", config);
    assert_success(&home.run(["config", "init"]));
    assert_success(&home.run(["protocols", "new", "my-own"]));
}

/// Fails if root creates a file that its owner could not use.
#[track_caller]
fn assert_no_file(home: &Home, command: &str) {
    let before = home.files();
    let output = home.run_shell(command);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{command}: {output:?}");
    let message = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        message.contains("error: you are root") && message.contains("user 1234"),
        "{command}: {output:?}"
    );
    assert!(message.contains("hint: run it without sudo; `-o -` prints it instead"), "{command}: {output:?}");
    assert_eq!(home.files(), before, "{command}");
}

#[test]
fn root_neither_writes_nor_replaces_output_in_a_persons_folders() {
    let Some(home) = home_of_other_user() else { return };
    create_user_files(&home);
    assert_success(&run_as_owner(&home, "history export -o home/mine.jsonl"));
    assert_success(
        &home.run_shell("mkdir home/roots && ln -s home/roots roots && ln -s home/mine.jsonl link.jsonl"),
    );
    assert_success(
        &home.run_shell("mkdir roots-own && cp home/mine.jsonl roots-own && chown 1234 roots-own/mine.jsonl"),
    );
    for args in ["report", "history export", "history export --format csv", "report --anonymous"] {
        // A file of the user, a new one, and one in a folder that an earlier sudo left.
        for file in ["~/mine.jsonl", "~/new", "~/roots/new", "home/mine.jsonl", "home/../home/new"] {
            assert_no_file(&home, &format!("\"$EASEBACK\" {args} -o {file} --yes"));
        }
        // Through a link, and a file of the user in a folder of root.
        for file in ["roots/new", "link.jsonl", "roots-own/mine.jsonl"] {
            assert_no_file(&home, &format!("\"$EASEBACK\" {args} -o {file} --yes"));
        }
        assert_no_file(&home, &format!("\"$EASEBACK\" {args} -o ~/mine.jsonl"));
        assert_no_file(&home, &format!("cd ~ && \"$EASEBACK\" {args} -o mine.jsonl --yes"));
        assert_no_file(&home, &format!("cd ~ && \"$EASEBACK\" {args} -o new"));
    }
    // Without a name the report goes into the current folder.
    assert_no_file(&home, "cd ~ && \"$EASEBACK\" report --open");
    let mine = fs::metadata(path_in_home(&home, "mine.jsonl")).unwrap();
    assert_eq!((mine.uid(), mine.mode() & 0o777), (1234, 0o600));
}

#[test]
fn root_may_print_a_persons_data_and_write_it_to_its_own_folders() {
    let Some(home) = home_of_other_user() else { return };
    create_user_files(&home);
    assert_success(&home.run_shell("mkfifo home/pipe && chown 1234 home/pipe"));
    for args in ["report", "history export"] {
        // Something that is not a regular file is only written to.
        for output in ["-", "/dev/null", "../own", "/dev/stdout | grep -q ."] {
            assert_success(&home.run_shell(&format!("cd ~ && \"$EASEBACK\" {args} --yes -o {output}")));
        }
        assert_success(
            &home.run_shell(&format!("cat ~/pipe >read & \"$EASEBACK\" {args} -o ~/pipe; wait $!")),
        );
        assert_success(&home.run_shell("test -s read && test -s own"));
    }
    change_owner(&path_in_home(&home, ""), "0:0");
    assert_success(&home.run_shell(
        "cd ~ && \"$EASEBACK\" report -o report.html && \"$EASEBACK\" report -o report.html --yes",
    ));
}

#[test]
fn root_in_its_own_home_has_no_restrictions() {
    let Some(home) = home_of_other_user() else { return };
    change_owner(&path_in_home(&home, ""), "0:0");
    assert_success(&home.run(["log", "hello"]));
    assert_success(&home.run(["config", "init"]));
}

/// The error names the owner and a command; after that command it works.
#[track_caller]
fn assert_fix_works(home: &Home, args: &str, folder: &str) {
    let output = run_as_owner(home, args);
    assert!(output.code.is_some_and(|code| code != 0), "{args}: {output:?}");
    assert!(
        output.stderr.contains("belongs to root") && !output.stderr.contains("os error"),
        "{args}: {output:?}"
    );
    let (_, fix) =
        output.stderr.split_once("hint: type: sudo ").unwrap_or_else(|| panic!("{args}: {output:?}"));
    let fix = fix.lines().next().unwrap();
    assert_eq!(fix, format!("chown -R 1234 {}", path_in_home(home, folder).display()), "{args}");
    assert_success(&home.run_shell(fix));
    assert_success(&run_as_owner(home, args));
}

#[test]
fn error_for_files_owned_by_root_names_the_fix() {
    let Some(home) = home_of_other_user() else { return };
    create_user_files(&home);
    let close = |path: &str| {
        assert_success(&home.run_shell(&format!(
            "chown -R 0:0 '{0}' && chmod -R go= '{0}'",
            path_in_home(&home, path).display()
        )));
    };
    for (path, args, folder) in [
        // Whole folders, as if root was the first to use the program.
        (DATA, "history", DATA),
        (DATA, "plan", DATA),
        (DATA, "log again", DATA),
        (STATE, "start --rehearse --detach --quiet --no-notify", STATE),
        (CONFIG, "plan", CONFIG),
        (CONFIG, "config", CONFIG),
        (CONFIG, "protocols new another", CONFIG),
        (".config", "plan", ".config"),
        (".config/easeback/protocols", "protocols", ".config/easeback/protocols"),
        (".config/easeback/protocols/mine.toml", "plan mine", ".config/easeback/protocols"),
        (".config/easeback/config.toml", "plan", CONFIG),
        (".local/share/easeback/history", "log more", ".local/share/easeback/history"),
        (".local/state/easeback/lock", "start --rehearse --detach --quiet --no-notify", STATE),
    ] {
        close(path);
        assert_fix_works(&home, args, folder);
        if args.starts_with("start") {
            assert_success(&run_as_owner(&home, "stop"));
        }
    }
    close(STATE);
    for args in ["status", "status --json", "stop", "pause", "resume", "attach"] {
        let output = run_as_owner(&home, args);
        assert_eq!(output.code, Some(1), "{args}: {output:?}");
        assert!(
            output.stderr.contains("belongs to root") && output.stderr.contains("sudo chown -R 1234 "),
            "{output:?}"
        );
    }
}

#[test]
fn error_for_a_locked_own_folder_names_the_fix() {
    let Some(home) = home_of_other_user() else { return };
    create_user_files(&home);
    fs::set_permissions(path_in_home(&home, CONFIG), fs::Permissions::from_mode(0o000)).unwrap();
    let output = run_as_owner(&home, "plan");
    let fix = format!("chmod u+rwX {}", path_in_home(&home, CONFIG).display());
    assert!(
        output.stderr.contains("is yours") && output.stderr.contains(&format!("hint: type: {fix}\n")),
        "{output:?}"
    );
    assert_success(&home.run_shell(&fix));
    assert_success(&run_as_owner(&home, "plan"));
}
