//! Hooks: the person's own programs, their input, and what happens when they fail. The example hooks run against fake
//! servers.

use crate::home::{Home, has_program_or_skip};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

const EVENTS: [&str; 7] = ["start", "warn", "swap", "overdue", "pause", "resume", "end"];
const FLAGS: [&str; 5] = ["start", "--detach", "--no-notify", "--no-sound", "--no-speak"];

/// A home in which every hook runs this script.
fn home_with_hooks(script: &str, more: &str) -> Home {
    let home = Home::new().with_program("hook", script);
    let mut settings = format!("[hooks]\n{more}\n");
    for event in EVENTS {
        writeln!(settings, "{event} = [\"hook\", \"{event} is $HOME\"]").unwrap();
    }
    write_config(&home, &settings);
    home
}

fn write_config(home: &Home, settings: &str) {
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("config.toml"), settings).unwrap();
}

fn hook_log(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(home.folder().join("home/hooks")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn warnings(home: &Home) -> Vec<String> {
    let lines = home.journal().unwrap_or_default();
    let failures = lines.iter().filter(|line| line["fact"] == "complaint");
    failures.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

fn start_session(home: &Home, flags: &[&str]) -> String {
    let start = home.run(FLAGS.iter().chain(flags));
    assert_eq!(start.code, Some(0), "{start:?}");
    start.stderr
}

fn run_command(home: &Home, args: &[&str]) {
    let output = home.run(args);
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[test]
fn each_event_runs_its_hook_with_its_variables_and_no_shell() {
    let script = r#"echo "$1: $EASEBACK_EVENT $EASEBACK_KIND/$EASEBACK_PHASE round $EASEBACK_ROUND of $EASEBACK_ROUNDS \
$EASEBACK_PROTOCOL rehearsal=$EASEBACK_REHEARSAL critical=$EASEBACK_CRITICAL $EASEBACK_TITLE | $(cat | wc -c)" >>"$HOME/hooks"
echo "$EASEBACK_SESSION" >"$HOME/session"; echo "$EASEBACK_REMAINING" >"$HOME/remaining-$EASEBACK_EVENT""#;
    let home = home_with_hooks(script, "");
    let stderr = start_session(&home, &["--heat", "10", "--cold", "10", "--rounds", "1"]);
    assert!(
        stderr.contains("Alerts: your programs (start, warn, swap, overdue, pause, resume, end).\n"),
        "{stderr}"
    );
    home.wait_until("the first", || hook_log(&home).len() == 1);
    let id = home.journal().unwrap()[0]["id"].clone();
    run_command(&home, &["pause"]);
    home.wait_until("the pause", || hook_log(&home).len() == 2);
    run_command(&home, &["resume"]);
    home.wait_until("the session to continue", || hook_log(&home).len() == 3);
    run_command(&home, &["skip"]);
    home.wait_until("the swap", || hook_log(&home).len() == 4);
    run_command(&home, &["stop"]);
    home.wait_until("the end", || hook_log(&home).len() == 5);
    insta::assert_snapshot!(hook_log(&home).join("\n"), @r"
    start is $HOME: start heat/heat round 1 of 1 alternate rehearsal=0 critical=0 Heat now, 10 min | 0
    pause is $HOME: pause heat/heat round 1 of 1 alternate rehearsal=0 critical=0 Take the pad off: paused | 0
    resume is $HOME: resume heat/heat round 1 of 1 alternate rehearsal=0 critical=0 Heat goes on | 0
    swap is $HOME: swap cold/cold round 1 of 1 alternate rehearsal=0 critical=0 Heat off, cold on: 10 min | 0
    end is $HOME: end cold/cold round 1 of 1 alternate rehearsal=0 critical=0 Stopped. Take the pack off. | 0
    ");
    // The last hook may still be writing; the timer waits for it.
    home.wait_until("the timer to exit", || home.processes().is_empty());
    let user = home.folder().join("home");
    assert_eq!(Value::from(fs::read_to_string(user.join("session")).unwrap().trim()), id);
    let remaining: u64 = fs::read_to_string(user.join("remaining-swap")).unwrap().trim().parse().unwrap();
    assert!((590..=600).contains(&remaining), "{remaining}");
}

#[test]
fn hooks_run_one_at_a_time_and_the_last_one_finishes() {
    let home = home_with_hooks(
        r#"echo "begin $EASEBACK_EVENT" >>"$HOME/hooks"; sleep 0.3; echo end >>"$HOME/hooks""#,
        "",
    );
    start_session(&home, &["--heat", "10", "--cold", "10", "--rounds", "1"]);
    for args in ["pause", "resume", "skip", "stop"] {
        let line_count = home.journal().unwrap().len();
        run_command(&home, &[args]);
        // One at a time: a pause that ends immediately would cause no alert.
        home.wait_until("its alert", || home.journal().is_none_or(|lines| lines.len() > line_count + 1));
    }
    assert_eq!(home.run(["status"]).code, Some(3), "nobody waits for the hooks");
    home.wait_until("the timer to exit", || home.processes().is_empty());
    let all = ["start", "pause", "resume", "swap", "end"];
    let expected: Vec<_> = all.iter().flat_map(|event| [format!("begin {event}"), "end".into()]).collect();
    assert_eq!(hook_log(&home), expected);
}

#[test]
fn hanging_hook_is_killed_with_its_children_and_reported_once() {
    let script = r#"echo $$ >>"$HOME/hooks"; echo 'still at it' >&2; sleep 3600 & wait"#;
    let home = home_with_hooks(script, "limit = \"1s\"");
    start_session(&home, &["--heat", "1s", "--cold", "1s", "--rounds", "1"]);
    home.wait_until("three of them", || hook_log(&home).len() == 3);
    home.wait_until("the warning", || !warnings(&home).is_empty());
    run_command(&home, &["stop"]);
    home.wait_until("the timer to exit", || home.processes().is_empty());
    for process in hook_log(&home) {
        assert!(!Path::new("/proc").join(&process).exists(), "{process} is dead and buried");
    }
    let history = home.history();
    let phases = history[0]["phases"].as_array().unwrap();
    let lengths: Vec<_> = phases.iter().map(|phase| phase["actual_s"].as_u64()).collect();
    assert_eq!(lengths, [Some(1), Some(1)], "{history:?}");
}

#[test]
fn hook_failure_is_reported_once_with_its_first_line() {
    for (script, reason) in [
        (
            "echo 'the plug is gone' >&2; echo more >&2; exit 3",
            "your program for start failed: the plug is gone",
        ),
        ("exit 3", "your program for start failed: exit status: 3"),
        ("kill -9 $$", "your program for start failed: signal: 9 (SIGKILL)"),
        ("yes noise | head -c 300000 >&2; exit 1", "your program for start failed: noise"),
    ] {
        let home = home_with_hooks(&format!("echo ran >>\"$HOME/hooks\"; {script}"), "");
        start_session(&home, &["--heat", "1s", "--cold", "1s", "--rounds", "1"]);
        home.wait_until("all of them", || hook_log(&home).len() == 3);
        home.wait_until("the warning", || !warnings(&home).is_empty());
        assert_eq!(warnings(&home), [reason]);
        run_command(&home, &["stop"]);
    }
    let home = Home::new();
    write_config(&home, "[hooks]\nstart = [\"/no/such/program\"]\n");
    start_session(&home, &[]);
    home.wait_until("the warning", || !warnings(&home).is_empty());
    assert!(warnings(&home)[0].starts_with("your program for start failed: /no/such/program: "));
}

/// A server that answers every request with success and records it.
struct FakeHttpServer {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeHttpServer {
    fn new() -> FakeHttpServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut head, mut length) = (String::new(), 0);
                while stream.read_line(&mut head).unwrap() > 2 {
                    let line = head.lines().last().unwrap().to_lowercase();
                    length = line
                        .strip_prefix("content-length: ")
                        .map_or(length, |length| length.parse().unwrap());
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                sink.lock().unwrap().push(head.replace('\r', "") + &String::from_utf8(body).unwrap());
                stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
            }
        });
        FakeHttpServer { address, requests: received }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn recipe_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hooks").join(name)
}

#[test]
fn push_recipe_sends_to_a_phone() {
    if !has_program_or_skip("curl") {
        return;
    }
    let (home, phone) = (Home::new(), FakeHttpServer::new());
    let push = format!("[{:?}, \"{}/my-back\"]", recipe_path("push.sh"), phone.address);
    write_config(&home, &format!("[hooks]\nswap = {push}\nend = {push}\n"));
    start_session(&home, &["--heat", "1s", "--cold", "1s", "--rounds", "1"]);
    home.wait_until("both messages", || phone.requests().len() == 2);
    let [swap, end] = &phone.requests()[..] else { panic!() };
    for words in
        ["POST /my-back HTTP", "Title: Heat off, cold on: 1 s\n", "Priority: default\n", "Look at the skin"]
    {
        assert!(swap.contains(words), "{words} in {swap}");
    }
    for words in
        ["Title: Done. Take the pack off.\n", "Priority: urgent\n", "Move as much as the pain allows"]
    {
        assert!(end.contains(words), "{words} in {end}");
    }
    assert_eq!(warnings(&home), [""; 0]);
}

#[test]
fn plug_recipe_turns_the_pad_off_outside_heat() {
    if !has_program_or_skip("curl") {
        return;
    }
    let (home, plug) = (Home::new(), FakeHttpServer::new());
    let token = home.folder().join("token");
    fs::write(&token, "secret\n").unwrap();
    let hook = format!("[{:?}, \"{}\", \"switch.pad\", {token:?}]", recipe_path("plug.sh"), plug.address);
    let hooks = EVENTS.map(|event| format!("{event} = {hook}\n")).concat();
    write_config(&home, &format!("[hooks]\n{hooks}"));
    start_session(&home, &["--heat", "10", "--cold", "10", "--rounds", "2"]);
    run_command(&home, &["pause"]);
    home.wait_until("the pause", || plug.requests().len() == 1);
    run_command(&home, &["resume"]);
    home.wait_until("the session to continue", || home.has_alert("goes_on"));
    run_command(&home, &["skip"]);
    home.wait_until("cold", || plug.requests().len() == 2);
    run_command(&home, &["skip"]);
    home.wait_until("heat again", || home.count_alerts("swap") == 2);
    run_command(&home, &["stop"]);
    home.wait_until("the end", || plug.requests().len() == 3);
    home.wait_until("the timer to exit", || home.processes().is_empty());
    // The start, the resume and the next heat are not among them.
    for request in plug.requests() {
        for command in [
            "POST /api/services/switch/turn_off HTTP",
            "Authorization: Bearer secret\n",
            "Content-Type: application/json\n",
            "{\"entity_id\": \"switch.pad\"}",
        ] {
            assert!(request.contains(command), "{command} in {request}");
        }
    }
    assert_eq!(plug.requests().len(), 3);
}
