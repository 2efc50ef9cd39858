//! Sound and speech: what is played and spoken, in which order, and what happens when a program fails.
//!
//! Players and speech programs are scripts that record their argument, and when they started and ended.

use crate::{
    home::{Home, Output},
    terminal::{KEYS_FOOTER, Terminal},
};
use serde_json::Value;
use std::{fs, path::Path};

const SHORT_SESSION: [&str; 8] = ["start", "--heat", "2s", "--cold", "2s", "--rounds", "1", "--plain"];

/// A script that records its start, its end and its last argument, with the time since boot.
fn recording_script(file: &str, meanwhile: &str) -> String {
    format!(
        r#"read -r begin rest </proc/uptime; for last; do :; done
        echo "begin $begin $$ $last" >>"$HOME/{file}"
        {meanwhile}
        read -r end rest </proc/uptime; echo "end $end $$ $last" >>"$HOME/{file}""#
    )
}

/// A line of a recording: the start or the end of a call.
#[derive(Debug)]
struct RecordedCall {
    is_start: bool,
    time_s: f64,
    process: String,
    argument: String,
}

fn recorded_calls(home: &Home, file: &str) -> Vec<RecordedCall> {
    let text = fs::read_to_string(home.folder().join("home").join(file)).unwrap_or_default();
    let calls = text.lines().map(|line| {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        RecordedCall {
            is_start: word() == "begin",
            time_s: word().parse().unwrap(),
            process: word(),
            argument: word(),
        }
    });
    calls.collect()
}

/// The arguments of all calls that were started, in order.
fn started_calls(home: &Home, file: &str) -> Vec<String> {
    recorded_calls(home, file).into_iter().filter(|mark| mark.is_start).map(|mark| mark.argument).collect()
}

/// Each call ends before the next one starts.
fn assert_none_overlap(calls: &[RecordedCall]) {
    for pair in calls.chunks(2) {
        let [begin, end] = pair else { panic!("one has not ended: {calls:#?}") };
        assert!(begin.is_start && !end.is_start && begin.process == end.process, "{calls:#?}");
        assert!(begin.time_s <= end.time_s, "{calls:#?}");
    }
}

fn warnings(home: &Home) -> Vec<String> {
    let lines = home.journal().unwrap_or_default();
    let failures = lines.iter().filter(|line| line["fact"] == "complaint");
    failures.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

/// Runs a session whose end is not answered yet: its journal can still be read.
fn run_short_session(home: &Home, flags: &[&str]) -> Output {
    let session = home.run(SHORT_SESSION.iter().chain(&["--no-notify"]).chain(flags));
    assert_eq!(session.code, Some(0), "{session:?}");
    session
}

/// The seconds that each phase really took.
fn phase_seconds(home: &Home) -> Vec<u64> {
    let history = home.history();
    let [record] = &history[..] else { panic!("one record: {history:?}") };
    let phases = record["phases"].as_array().unwrap();
    phases.iter().map(|phase| phase["actual_s"].as_u64().unwrap()).collect()
}

fn stop_and_wait_for_exit(home: &Home) {
    let _ = home.run(["stop"]);
    home.wait_until("the timer to exit", || home.processes().is_empty());
}

#[test]
fn each_sound_cue_has_its_own_file() {
    let home = Home::new().with_program("pw-play", &recording_script("sounds", r#"cp "$1" "$HOME/""#));
    let session = run_short_session(&home, &["--no-speak"]);
    assert!(session.stderr.contains("Alerts: sound (pw-play).\n"), "{session:?}");
    home.wait_until("three sounds", || recorded_calls(&home, "sounds").len() == 6);
    let sounds = home.state().join("sounds");
    let paths = ["heat", "cold", "end"].map(|name| sounds.join(name).with_extension("wav"));
    assert_eq!(started_calls(&home, "sounds"), paths.each_ref().map(|path| path.display().to_string()));
    let bytes =
        ["heat.wav", "cold.wav", "end.wav"].map(|name| fs::read(home.folder().join("home").join(name)));
    let [heat, cold, end] = bytes.map(Result::unwrap);
    assert!(heat != cold && cold != end && end != heat);
    assert!(heat.starts_with(b"RIFF") && heat.len() < 2 * 2 * 44_100 + 44);
    assert_eq!((phase_seconds(&home), warnings(&home)), (vec![2, 2], vec![]));
    stop_and_wait_for_exit(&home);
}

#[test]
fn no_sound_plays_nothing() {
    let home = Home::new().with_program("pw-play", &recording_script("sounds", ""));
    let session = run_short_session(&home, &["--no-speak", "--no-sound"]);
    assert!(session.stderr.contains("Alerts: this window only.\n"), "{session:?}");
    stop_and_wait_for_exit(&home);
    assert_eq!(started_calls(&home, "sounds"), [""; 0]);
    assert!(!home.state().join("sounds").exists());
    let alone = home.run(["start", "--detach", "--no-notify", "--no-sound", "--no-speak"]);
    let line = "Alerts: none. `easeback status` and `easeback attach` show the session.\n";
    assert!(alone.stderr.contains(line), "there is no window: {alone:?}");
}

#[test]
fn failing_player_falls_back_and_the_last_failure_warns_once() {
    let fails = |file: &str| format!("{}\necho 'no such device' >&2; exit 1", recording_script(file, ""));
    let home = Home::new()
        .with_program("pw-play", &fails("first"))
        .with_program("aplay", &recording_script("second", ""));
    run_short_session(&home, &["--no-speak"]);
    home.wait_until("three sounds", || started_calls(&home, "second").len() == 3);
    assert_eq!(
        (started_calls(&home, "first").len(), warnings(&home)),
        (1, vec![]),
        "one that failed is not tried again"
    );
    stop_and_wait_for_exit(&home);

    let home = home.with_program("aplay", &fails("third"));
    run_short_session(&home, &["--no-speak"]);
    home.wait_until("the warning", || !warnings(&home).is_empty());
    home.wait_until("three sounds", || started_calls(&home, "third").len() == 3);
    assert_eq!(warnings(&home), ["no sounds here: aplay failed (no such device)"]);
    stop_and_wait_for_exit(&home);
}

#[test]
fn long_custom_sound_is_played_once() {
    let script = |file: &str| format!("{}\nsleep 6", recording_script(file, ""));
    let home = Home::new().with_program("pw-play", &script("first")).with_program("aplay", &script("second"));
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("gong.wav"), "gong").unwrap();
    fs::write(home.config().join("config.toml"), "[sound]\nheat = \"gong.wav\"\n").unwrap();
    let flags = ["--heat", "8s", "--cold", "1s", "--rounds", "1", "--detach", "--no-notify", "--no-speak"];
    assert_eq!(home.run(["start"].iter().chain(&flags)).code, Some(0));
    home.wait_until("the end", || home.has_alert("end"));
    assert_eq!((started_calls(&home, "second"), warnings(&home)), (vec![], vec![]));
    assert!(started_calls(&home, "first")[0].ends_with("/gong.wav"));
    stop_and_wait_for_exit(&home);
}

#[test]
fn alerts_are_spoken_in_plain_words_without_overlap() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", "sleep 0.1"));
    let session = run_short_session(&home, &[]);
    let line = "Alerts: speech (espeak-ng). No sound player (such as pw-play) found.\n";
    assert!(session.stderr.contains(line), "{session:?}");
    home.wait_until("three messages", || recorded_calls(&home, "spoken").len() == 6);
    assert_none_overlap(&recorded_calls(&home, "spoken"));
    insta::assert_snapshot!(started_calls(&home, "spoken").join("\n"), @"
    Heat now, two seconds. Lie on your side, a pillow between your knees, the heating pad over the sore place. The pad is covered, on low or medium, on top of you and never under you. Stay awake.
    Heat is done. Take the pad off. Is the skin red, blistered or numb? Then stop. Cold now, two seconds. Cold pack in its cover, under the sore place. On your back with pillows under your knees, or on your side with a pillow between them.
    Done. Take the pack off. Is the skin red, blistered or numb? Then stop. Move as much as the pain allows.
    ");
    assert_eq!((phase_seconds(&home), warnings(&home)), (vec![2, 2], vec![]));
    stop_and_wait_for_exit(&home);
}

#[test]
fn milestones_are_spoken_when_no_alert_is_due() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", ""));
    let flags = ["--heat", "10s", "--cold", "10s", "--rounds", "1", "--detach", "--no-notify", "--no-sound"];
    assert_eq!(home.run(["start"].iter().chain(&flags)).code, Some(0));
    home.wait_until("the end", || {
        started_calls(&home, "spoken").iter().any(|spoken| spoken.starts_with("Done."))
    });
    let spoken = started_calls(&home, "spoken");
    let first_sentences: Vec<&str> = spoken.iter().map(|spoken| spoken.split(". ").next().unwrap()).collect();
    let expected = [
        "Heat now, ten seconds",
        "Heat: five seconds left.",
        "Heat is done",
        "Cold: five seconds left.",
        "Done",
    ];
    assert_eq!(first_sentences, expected);
    home.wait_until("the record", || !home.history().is_empty());
    assert_eq!((phase_seconds(&home), warnings(&home)), (vec![10, 10], vec![]));
    stop_and_wait_for_exit(&home);
}

#[test]
fn key_repeats_the_last_spoken_message() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", ""));
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --no-notify --no-sound");
    terminal.wait_for_text(KEYS_FOOTER);
    home.wait_until("the beginning", || started_calls(&home, "spoken").len() == 1);
    terminal.press_keys("r");
    home.wait_until("it again", || started_calls(&home, "spoken").len() == 2);
    let spoken = started_calls(&home, "spoken");
    assert!(spoken[0].starts_with("Heat now, twenty minutes.") && spoken[0] == spoken[1], "{spoken:?}");
    assert!(
        home.journal().unwrap().iter().all(|line| line["fact"] != "answered"),
        "to listen answers nothing"
    );
    terminal.press_q_twice();
}

#[test]
fn repeated_message_has_the_current_time_left() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", ""));
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --no-notify --no-sound --heat 115s --rounds 1");
    terminal.wait_for_text(KEYS_FOOTER);
    home.run(["pause"]);
    home.run(["resume"]);
    let last = || started_calls(&home, "spoken").pop().unwrap_or_default();
    home.wait_until("the session to continue", || last().starts_with("Heat goes on."));
    let first = last();
    while last() == first {
        let before = started_calls(&home, "spoken").len();
        terminal.press_keys("r");
        home.wait_until("it again", || started_calls(&home, "spoken").len() > before);
    }
    assert!(last().starts_with("Heat goes on. "), "{}", last());
    terminal.press_q_twice();
}

#[test]
fn no_speak_is_silent_and_a_missing_voice_is_reported_once() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", ""));
    run_short_session(&home, &["--no-speak"]);
    stop_and_wait_for_exit(&home);
    assert_eq!(started_calls(&home, "spoken"), [""; 0]);

    let home_without_voice = Home::new();
    let session = run_short_session(&home_without_voice, &[]);
    assert_eq!(session.stderr.matches("No voice (such as espeak-ng)").count(), 1, "{session:?}");
    assert_eq!((phase_seconds(&home_without_voice), warnings(&home_without_voice)), (vec![2, 2], vec![]));
}

#[test]
fn alert_interrupts_speech_in_progress() {
    // The first message would be spoken for a minute; it is killed without an end, and so are its children.
    let script = r#"case "$2" in "Heat now"*) echo $$ >"$HOME/slow"; sleep 60 & wait;; esac"#;
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", script));
    run_short_session(&home, &[]);
    home.wait_until("the last message", || recorded_calls(&home, "spoken").len() == 5);
    let group = fs::read_to_string(home.folder().join("home/slow")).unwrap();
    assert!(!is_alive(group.trim()), "what was cut off is gone, its children with it");
    let calls = recorded_calls(&home, "spoken");
    assert!(calls[0].is_start && calls[1].is_start && calls[1].time_s - calls[0].time_s < 10.0, "{calls:#?}");
    assert_none_overlap(&calls[1..]);
    assert_eq!((phase_seconds(&home), warnings(&home)), (vec![2, 2], vec![]));
    stop_and_wait_for_exit(&home);
}

/// Whether a process of that group is running. A zombie whose parent was killed does not count.
fn is_alive(group: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let stat = fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        // After the name in brackets: state, parent, group.
        let words: Vec<String> = stat.rsplit_once(") ")?.1.split(' ').take(3).map(str::to_owned).collect();
        Some(words)
    });
    let is_leader_there = Path::new("/proc").join(group).exists();
    is_leader_there || processes.into_iter().any(|words| words[2] == group && words[0] != "Z")
}

#[test]
fn hanging_voice_is_killed_and_swaps_are_on_time() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", "sleep 3600 & wait"));
    // The player and the hooks hang as well.
    let home = home.with_program("pw-play", "sleep 3600").with_program("hook", "sleep 3600");
    fs::create_dir_all(home.config()).unwrap();
    let hooks = "[hooks]\nstart = [\"hook\"]\nswap = [\"hook\"]\nlimit = \"1s\"\n";
    fs::write(home.config().join("config.toml"), hooks).unwrap();
    let flags = ["start", "--detach", "--heat", "1s", "--cold", "1s", "--rounds", "4", "--no-notify"];
    assert_eq!(home.run(flags).code, Some(0));
    // The last of them starts at the end; nothing interrupts it.
    let hangs = || warnings(&home).into_iter().find(|text| text.contains("espeak-ng"));
    home.wait_until("the warning", || hangs().is_some());
    assert!(hangs().unwrap().contains("espeak-ng failed (it did not end within 2"), "{:?}", warnings(&home));
    let calls = recorded_calls(&home, "spoken");
    assert!(calls.iter().all(|mark| mark.is_start && !is_alive(&mark.process)), "{calls:#?}");
    let journal = home.journal().unwrap();
    let swaps: Vec<&Value> = journal.iter().filter(|line| line["fact"] == "next").collect();
    assert_eq!(swaps.len(), 8, "each phase is left once: {journal:#?}");
    assert!(swaps.iter().all(|swap| swap["by"] == "timer"), "{swaps:#?}");
    // The timer's entry counts from the deadline only if it was written within two seconds of it.
    assert_eq!(phase_seconds(&home), [1; 8], "no phase got longer");
    // A program that hangs at the end does not delay `stop` for long.
    assert_eq!(home.run(["stop"]).code, Some(0));
    stop_and_wait_for_exit(&home);
    let calls = recorded_calls(&home, "spoken");
    assert!(calls.iter().all(|mark| !is_alive(&mark.process)), "{calls:#?}");
}

#[test]
fn custom_voice_player_and_sounds_run_without_a_shell() {
    let home = Home::new()
        .with_program("my-voice", &recording_script("spoken", r#"echo "$1" >>"$HOME/first""#))
        .with_program("my-player", &recording_script("sounds", ""))
        .with_program("espeak-ng", &recording_script("others", ""))
        .with_program("pw-play", &recording_script("others", ""));
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("gong.wav"), "gong").unwrap();
    let settings = "[sound]\nheat = \"gong.wav\"\ncold = \"gone.wav\"\nplayer = [\"my-player\", \"{file}\"]\n\
                    [speech]\ncommand = [\"my-voice\", \"$HOME; {text}\", \"{text}\"]\n";
    fs::write(home.config().join("config.toml"), settings).unwrap();
    let session = run_short_session(&home, &[]);
    assert!(session.stderr.contains("Alerts: sound (my-player), speech (my-voice).\n"), "{session:?}");
    home.wait_until("all sounds", || recorded_calls(&home, "sounds").len() == 6);
    home.wait_until("all words", || recorded_calls(&home, "spoken").len() == 6);
    let sounds = [home.config().join("gong.wav"), home.state().join("sounds/cold.wav")];
    assert_eq!(started_calls(&home, "sounds")[..2], sounds.map(|path| path.display().to_string()));
    let first = fs::read_to_string(home.folder().join("home/first")).unwrap();
    assert!(first.starts_with("$HOME; Heat now, two seconds."), "{first}");
    assert_eq!(started_calls(&home, "others"), [""; 0]);
    let missing = home.config().join("gone.wav");
    assert_eq!(warnings(&home), [format!("sound {} not found", missing.display())]);
    stop_and_wait_for_exit(&home);
}

#[test]
fn missing_custom_program_is_not_an_alert_channel() {
    let home = Home::new().with_program("hook", "true");
    fs::create_dir_all(home.config()).unwrap();
    let settings = "[sound]\nplayer = [\"/no/such\", \"{file}\"]\n[speech]\ncommand = [\"no-voice\", \"{text}\"]\n\
                    [hooks]\nstart = [\"hook\"]\nswap = [\"gone\"]\nend = [\"gone\"]\n";
    fs::write(home.config().join("config.toml"), settings).unwrap();
    let session = run_short_session(&home, &[]);
    let line = "Alerts: your programs (start). Program '/no/such' for sound not found. \
                Program 'no-voice' for speech not found. Your program 'gone' not found.\n";
    assert!(session.stderr.contains(line), "{session:?}");
    let printed = warnings(&home);
    for way in [
        "no sounds here: such failed",
        "nothing is spoken here: no-voice",
        "your program for swap failed: gone",
    ] {
        assert_eq!(
            printed.iter().filter(|printed| printed.starts_with(way)).count(),
            1,
            "{way} in {printed:?}"
        );
    }
    stop_and_wait_for_exit(&home);
}

#[test]
fn breathing_cues_are_spoken_until_paused() {
    let home = Home::new().with_program("espeak-ng", &recording_script("spoken", ""));
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("config.toml"), "[speech]\nbreathing = true\n").unwrap();
    let flags = ["start", "settle-walk", "--detach", "--no-notify", "--no-sound"];
    assert_eq!(home.run(flags).code, Some(0));
    let breaths = || {
        let calls = recorded_calls(&home, "spoken").into_iter();
        calls
            .filter(|mark| mark.is_start && ["in", "out"].contains(&mark.argument.as_str()))
            .collect::<Vec<_>>()
    };
    home.wait_until("three breaths", || {
        breaths().iter().any(|breath| breath.time_s > breaths()[0].time_s + 9.5)
    });
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.wait_until("the pause", || started_calls(&home, "spoken").iter().any(|text| text == "Paused."));
    let all = started_calls(&home, "spoken");
    assert!(all.iter().position(|text| text == "Paused.") == Some(all.len() - 1), "{all:?}");
    let breaths = breaths();
    for pair in breaths.windows(2) {
        // In for four seconds, out for six; a busy computer is late, never early.
        let (after, least) = if pair[0].argument == "in" { ("out", 4.0) } else { ("in", 6.0) };
        assert_eq!(pair[1].argument, after, "{breaths:#?}");
        assert!(pair[1].time_s - pair[0].time_s > least - 1.0, "{breaths:#?}");
    }
    stop_and_wait_for_exit(&home);
}

#[test]
fn killing_the_timer_kills_its_child_processes() {
    let script = r#"echo $$ >>"$HOME/processes"; exec sleep 3600"#;
    let mut home = Home::new();
    for program in ["espeak-ng", "pw-play", "hook"] {
        home = home.with_program(program, script);
    }
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("config.toml"), "[hooks]\nstart = [\"hook\"]\nlimit = \"5m\"\n").unwrap();
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    let processes = || {
        let text = fs::read_to_string(home.folder().join("home/processes")).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    home.wait_until("a voice, a player and a hook", || processes().len() == 3);
    home.kill_timer();
    home.wait_until("all three to be gone", || !processes().iter().any(|process| is_alive(process)));
}
