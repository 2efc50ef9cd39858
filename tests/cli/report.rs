//! The page for a physiotherapist: what it contains, what it never contains, and where it is written.

use crate::{home::Home, terminal::Terminal};
use easeback::{
    record::{DiaryEntry, HistoryLine, SessionRecord},
    report::{EpisodeReport, ReportInput, ReportLimit, render_page},
    stats::split_into_episodes,
    time::WallTime,
};
use proptest::prelude::*;
use scraper::{Html, Selector, node::Node};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt};

fn moment(text: &str) -> WallTime {
    serde_json::from_value(json!(text)).unwrap()
}

/// A time on that day of November 2026.
fn at(day: u32, time: &str) -> String {
    format!("2026-11-{day:02}T{time}:00+01:00")
}

/// A session of twenty and ten minutes, with further fields.
fn history_line(number: u32, day: u32, hour: u32, more: Value) -> Value {
    let stamp = |minute: u32| at(day, &format!("{:02}:{:02}", hour + minute / 60, minute % 60));
    let mut line = json!({
        "v": 1, "kind": "session", "id": format!("{number:08x}-0000-7000-8000-000000000000"),
        "at": stamp(31), "started": stamp(0), "ended": stamp(31), "outcome": "completed",
        "protocol": "alternate", "swap": "auto", "planned_s": 1800, "active_s": 1800,
        "phases": [
            {"kind": "heat", "round": 1, "planned_s": 1200, "actual_s": 1200, "started": stamp(0),
             "outcome": "completed", "source": "D0: massage therapist"},
            {"kind": "cold", "round": 1, "planned_s": 600, "actual_s": 600, "started": stamp(20),
             "answered_after_s": 9, "outcome": "completed", "source": "D0: massage therapist"},
        ],
    });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

fn diary(number: u32, day: u32, text: &str) -> Value {
    let id = format!("{number:08x}-0000-7000-8000-0000000000ee");
    json!({"v": 1, "kind": "entry", "id": id, "at": at(day, "22:00"), "pain": 5, "text": text})
}

/// All of these lines as one episode, reported on November 24.
fn report_input(lines: &[Value]) -> ReportInput {
    let (mut sessions, mut entries): (Vec<SessionRecord>, Vec<DiaryEntry>) = (Vec::new(), Vec::new());
    for line in lines {
        match HistoryLine::parse(&line.to_string()).unwrap() {
            HistoryLine::Session(session) => sessions.push(session),
            HistoryLine::DiaryEntry(entry) => entries.push(entry),
            HistoryLine::Amendment(_) => {}
        }
    }
    let episode = split_into_episodes(&sessions).pop().unwrap();
    ReportInput {
        now: moment(&at(24, "18:00")),
        since: None,
        until: None,
        is_anonymous: false,
        unread_lines: 0,
        total_episodes: episode.number,
        limits: vec![ReportLimit {
            label: "Heat without a break".into(),
            value: "20 min".into(),
            citation: "D0".into(),
        }],
        episodes: vec![EpisodeReport {
            episode,
            sessions,
            diary_entries: entries,
            earlier_sessions: Vec::new(),
        }],
    }
}

/// An episode in which nearly everything happened.
fn eventful_episode() -> ReportInput {
    let intake = json!({"region": "low", "side": "left", "trigger": "lifting", "onset": at(20, "08:30"),
        "pain_before": 8, "pain_after": 5, "cover": "towel", "posture": "on the back", "skin": "pink",
        "answers": {"numb_saddle": false, "fever": true}, "note": "first line\nsecond line"});
    let stopped = json!({"outcome": "stopped", "why": "the phone rang", "pain_before": 6, "overdue_s": 95,
        "cover": "shirt", "active_s": 1440, "phases": [
            {"kind": "heat", "round": 1, "planned_s": 1200, "actual_s": 1200, "overdue_s": 95,
             "started": at(20, "12:00"), "outcome": "completed"},
            {"kind": "cold", "round": 1, "planned_s": 600, "actual_s": 240, "started": at(20, "12:21"),
             "outcome": "cut_short"}]});
    let plain = json!({"pain_before": 5, "pain_after": 4, "region": "low", "side": "left", "paused_s": 60});
    let mut input = report_input(&[
        history_line(1, 20, 9, intake),
        history_line(2, 20, 12, stopped),
        diary(3, 20, "walked to the shop"),
        history_line(4, 22, 18, plain),
        history_line(5, 23, 18, json!({"phases": [], "origin": "logged"})),
    ]);
    input.unread_lines = 2;
    input
}

/// Each element with its depth, in order.
fn elements(html: &Html) -> Vec<(usize, String)> {
    let nodes = html.tree.root().descendants().filter_map(|node| {
        let element = node.value().as_element()?;
        Some((node.ancestors().count(), element.name().to_owned()))
    });
    nodes.collect()
}

/// The readable text, line by line, without the style.
fn text(html: &Html) -> String {
    let mut text = String::new();
    for node in html.tree.root().descendants() {
        match node.value() {
            Node::Text(piece) => {
                let hidden = node
                    .ancestors()
                    .any(|above| above.value().as_element().is_some_and(|e| e.name() == "style"));
                if !hidden {
                    text.push_str(piece);
                }
            }
            Node::Element(element) => {
                let inline = ["a", "bdi", "span", "strong", "small", "circle", "rect", "line"];
                if !inline.contains(&element.name()) && !text.ends_with('\n') {
                    text.push('\n');
                }
                if ["td", "th", "dd"].contains(&element.name()) && text.ends_with('\n') {
                    text.push_str("  ");
                }
            }
            _ => {}
        }
    }
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn parse_page(input: &ReportInput) -> Html {
    Html::parse_document(&render_page(input))
}

fn select_elements<'a>(html: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).collect()
}

#[test]
fn page_of_an_eventful_episode_matches_snapshot() {
    insta::assert_snapshot!("report_text", text(&parse_page(&eventful_episode())));
}

#[test]
fn page_is_well_formed_and_labels_its_parts() {
    let html = parse_page(&eventful_episode());
    assert_eq!(html.errors, [""; 0]);
    for landmark in ["header", "nav[aria-label]", "main", "footer"] {
        assert_eq!(select_elements(&html, &format!("body {landmark}")).len(), 1, "{landmark}");
    }
    assert_eq!(select_elements(&html, "html[lang=en]").len(), 1);
    let levels: Vec<u8> =
        select_elements(&html, "h1, h2, h3").iter().map(|h| h.value().name().as_bytes()[1] - b'0').collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1 && pair[1] > 1), "{levels:?}");
    let tables = select_elements(&html, "table");
    assert_eq!(tables.len(), select_elements(&html, "table > caption").len());
    assert!(select_elements(&html, "th").iter().all(|head| head.attr("scope").is_some()));
    let charts = select_elements(&html, "svg[role=img]");
    assert_eq!(charts.len(), 2);
    let ids: Vec<&str> =
        select_elements(&html, "[id]").iter().filter_map(|element| element.attr("id")).collect();
    assert_eq!(ids.len(), ids.iter().collect::<std::collections::BTreeSet<_>>().len(), "{ids:?}");
    let named = |id: Option<&str>| id.is_some_and(|id| ids.contains(&id));
    assert!(
        charts
            .iter()
            .all(|chart| named(chart.attr("aria-labelledby")) && named(chart.attr("aria-describedby")))
    );
    assert!(
        select_elements(&html, "a")
            .iter()
            .all(|link| named(link.attr("href").and_then(|href| href.strip_prefix('#'))))
    );
}

#[test]
fn page_loads_no_external_resources() {
    let page = render_page(&eventful_episode()).to_lowercase();
    for outside in
        ["http:", "https:", "url(", "@import", "<script", "<link", "<img", "<iframe", "src=", "javascript:"]
    {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn anonymous_page_omits_the_persons_own_text() {
    let mut input = eventful_episode();
    let session = &mut input.episodes[0].sessions[0];
    session.answers = Some(json!({"fever": true, "else": "my secret", "more": ["a secret too", false]}));
    session.unknown_fields.insert("unknown".into(), json!("secret"));
    session.phases[0].citation = Some("Dr. Secret told me".into());
    let open = render_page(&input);
    input.is_anonymous = true;
    let closed = render_page(&input);
    let words =
        ["first line", "second line", "the phone rang", "walked to the shop", "secret", "Secret", "00000001"];
    for word in words {
        assert!(open.contains(word), "{word}");
        assert!(!closed.contains(word), "{word}");
    }
    for text in ["left out of this report", "8 → 5", "towel", "Anonymous"] {
        assert!(closed.contains(text), "{text}");
    }
}

#[test]
fn missing_values_are_shown_as_not_recorded() {
    let html = parse_page(&report_input(&[history_line(1, 20, 9, json!({"phases": [], "ended": null}))]));
    let sheet = select_elements(&html, "section.sheet .facts > div");
    let missing = |name: &str| {
        let field = sheet.iter().find(|field| field.text().next() == Some(name)).unwrap();
        field.text().any(|text| text.contains("not recorded"))
    };
    for name in [
        "Onset",
        "Time since onset",
        "Trigger",
        "Region",
        "Side",
        "Order in a round",
        "Barrier (cover)",
        "Posture",
        "Skin afterwards",
        "Gap since the last cold",
        "Last known cold ended",
        "Pain 3 or less",
        "Red-flag answers",
        "Pain before and after",
    ] {
        assert!(missing(name), "{name}");
    }
    let tiles: Vec<String> =
        select_elements(&html, ".tiles .figure").iter().map(|tile| tile.text().collect()).collect();
    assert_eq!(tiles, ["1", "–", "–", "–"]);
}

#[test]
fn summary_sheet_does_not_grow_with_the_episode() {
    let lines = |count: u32| -> Vec<Value> {
        let words = |n: u32| format!("{n} {}", "many words ".repeat(30));
        let each = |n: u32| {
            let more = json!({"cover": words(n), "posture": words(n), "skin": words(n), "why": words(n),
                "region": words(n), "side": words(n), "trigger": words(n), "outcome": "stopped", "pain_before": 7,
                "answers": (0..50).map(|n| (words(n), json!(false))).collect::<serde_json::Map<_, _>>()});
            [history_line(n, n / 20 % 23 + 1, n % 20, more), diary(n, n / 20 % 23 + 1, &words(n))]
        };
        let mut lines: Vec<Value> = (1..=count).flat_map(each).collect();
        lines.sort_by_key(|line| line["started"].as_str().or(line["at"].as_str()).map(str::to_owned));
        lines
    };
    let words_on_sheet = |count: u32| {
        let html = parse_page(&report_input(&lines(count)));
        assert_eq!(select_elements(&html, "article").len(), count as usize);
        let values = select_elements(&html, "section.sheet dd");
        let longest =
            values.iter().map(|field| field.text().map(|text| text.chars().count()).sum::<usize>()).max();
        (values.len(), longest.unwrap())
    };
    let (few, many) = (words_on_sheet(30), words_on_sheet(300));
    assert_eq!(few.0, many.0);
    assert!(many.1 < 400, "the longest field has {} letters", many.1);
}

/// Text as an attacker would write it, and any other.
fn hostile_text() -> impl Strategy<Value = String> {
    let known = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title></style></svg><script>",
        "]]>",
        "<!--",
        "-->",
        "&lt;b&gt;",
        "' onload='x",
        "\u{202e}txt.exe",
        "\u{0}\u{1b}[31m",
        "</desc></dd></dl></section>",
        "{{7*7}}",
        "javascript:alert(1)",
        "\u{2066}\u{200f}",
        "<![CDATA[<b>]]>",
        "<plaintext>",
    ];
    prop_oneof![
        3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        2 => (prop::sample::select(known.to_vec()), any::<String>()).prop_map(|(known, any)| format!("{known}{any}")),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(crate::properties::property_config(48))]

    /// The elements of the page are the same, whatever the texts are.
    #[test]
    fn text_is_never_interpreted_as_html(words in prop::collection::vec(hostile_text(), 13), anonymous: bool) {
        let page_of = |words: &[String]| {
            let mut phase = json!({"kind": words[0], "round": 1, "planned_s": 60, "actual_s": 60, "outcome": words[1]});
            phase["started"] = json!(at(20, "09:00"));
            phase["source"] = json!(words[2]);
            let more = json!({"protocol": words[3], "region": words[4], "side": words[5], "trigger": words[6],
                "cover": words[7], "posture": words[8], "skin": words[9], "note": words[10], "why": words[11],
                "swap": words[1], "outcome": words[2], "tz": words[0], "phases": [phase],
                "answers": {"asked": words[12]}});
            ReportInput { is_anonymous: anonymous, ..report_input(&[history_line(1, 20, 9, more), diary(2, 20, &words[12])]) }
        };
        // The same number of lines, and empty lines stay empty.
        let sanitized = |text: &String| {
            let lines = text.lines().map(|line| if line.trim().is_empty() { line } else { "x" });
            lines.collect::<Vec<_>>().join("\n")
        };
        let expected: Vec<String> = words.iter().map(sanitized).collect();
        let html = parse_page(&page_of(&words));
        prop_assert_eq!(elements(&html), elements(&parse_page(&page_of(&expected))));
        prop_assert!(html.errors.is_empty(), "{:?}", html.errors);
        let page = render_page(&page_of(&words));
        let turns = |c: char| easeback::record::is_control_or_bidi(c) && c != '\n';
        prop_assert!(!page.chars().any(turns));
        let allowed = ["id", "href", "class", "style"];
        for element in html.tree.root().descendants().filter_map(|node| node.value().as_element()) {
            for (name, value) in element.attrs() {
                prop_assert!(!name.starts_with("on") && name != "src" && name != "style", "{name}");
                if allowed.contains(&name) {
                    prop_assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || " #-".contains(c)), "{name} {value}");
                }
            }
        }
    }
}

/// A home with three sessions of one episode and one of an earlier episode.
fn home() -> Home {
    let home = Home::new();
    let history = home.data().join("history");
    fs::create_dir_all(&history).unwrap();
    let old = json!({"at": "2026-03-02T10:00:00+01:00", "started": "2026-03-02T09:00:00+01:00",
        "ended": "2026-03-02T09:31:00+01:00", "note": "in March"});
    let lines = [
        history_line(1, 1, 1, old),
        history_line(2, 18, 9, json!({"note": "Monday's note", "pain_before": 7, "pain_after": 4})),
        diary(3, 18, "a bad night"),
        history_line(4, 19, 9, json!({"note": "the second"})),
        history_line(5, 20, 9, json!({"note": "the third"})),
    ];
    let log: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(history.join("secret-host-abcdef.jsonl"), log).unwrap();
    home
}

#[test]
fn report_to_stdout_prints_the_latest_episode() {
    let home = home();
    let before = home.files();
    let output = home.run(["report", "-o", "-"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    assert!(output.stdout.starts_with("<!DOCTYPE html>") && output.stdout.ends_with("</html>\n"));
    assert!(output.stdout.contains("Episode 2 of 2") && output.stdout.contains("the second"));
    assert!(output.stdout.contains("a bad night") && !output.stdout.contains("in March"));
    assert!(!output.stdout.contains("secret-host"), "no host");
    let mut new = home.files();
    new.retain(|path, _| !before.contains_key(path) && path.extension().is_some_and(|kind| kind == "html"));
    assert!(new.is_empty(), "no file as well");
}

#[test]
fn piped_report_writes_a_dated_file_and_prints_its_name() {
    let home = home();
    let output = home.run(["report"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let name = output.stdout.strip_suffix('\n').unwrap();
    assert!(
        name.starts_with("easeback-report-") && name.ends_with(".html") && !name.contains('\n'),
        "{name}"
    );
    let page = fs::read_to_string(home.folder().join(name)).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Episode 2 of 2"), "{page}");
    assert_eq!(fs::metadata(home.folder().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    let output = home.run_shell("$EASEBACK report | cat; $EASEBACK report </dev/null >said 2>&1; cat said");
    let stem = name.trim_end_matches(".html");
    assert_eq!(output.stdout, format!("{stem}-2.html\n{stem}-3.html\n"), "{output:?}");
}

#[test]
fn other_episodes_are_selected_by_number_or_date() {
    let home = home();
    let first = home.run(["report", "-o", "-", "--episode", "1"]).stdout;
    assert!(
        first.contains("Episode 1 of 2") && first.contains("in March") && !first.contains("Monday's note")
    );
    let all = home.run(["report", "-o", "-", "--since", "2026-01-01"]).stdout;
    let places = ["Episode 2 of 2", "Episode 1 of 2"].map(|text| all.find(text).unwrap());
    assert!(places[0] < places[1], "the newest first");
    let part = home.run(["report", "-o", "-", "--since", "2026-11-19", "--until", "2026-11-19"]).stdout;
    assert!(part.contains("the second") && !part.contains("Monday's note") && !part.contains("the third"));
    assert!(part.contains("Only sessions from 2026-11-19 00:00 to 2026-11-19 23:59."), "it says so");
    assert!(!part.contains("a bad night"));
    assert!(part.contains("23 h 50 min"), "the cold of the day before counts for the gap");
}

#[test]
fn invalid_report_arguments_are_refused_and_write_nothing() {
    let home = home();
    home.run(["report", "-o", "-"]);
    let before = home.files();
    for (args, code, expected) in [
        (&["--episode", "3"][..], 2, "no episode 3 (there are 2)"),
        (&["--episode", "0"], 2, "invalid episode '0': expected 1 or more"),
        (&["--episode", "-1"], 2, "invalid episode '-1': expected a number"),
        (&["--episode", "two"], 2, "invalid episode 'two': expected a number"),
        (&["--since", "soon"], 2, "invalid date or time 'soon'"),
        (&["--since", "2026-11-20", "--until", "2026-11-19"], 2, "expected the earlier time first"),
        (&["--since", "2026-05-01", "--until", "2026-05-02"], 1, "no session in that time"),
        (&["--open", "-o", "-"], 2, "--open cannot go with -o -"),
        (&["-o", "data/history/report.html"], 2, "outside the history's folder"),
        (&["-o", "data"], 2, "expected a file, not a folder"),
        (&["-o", "nowhere/report.html"], 1, "cannot write"),
    ] {
        let output = home.run([&["report"], args].concat());
        assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{args:?}: {}", output.stderr);
        assert!(
            output.stderr.contains(expected) && output.stderr.contains("hint:"),
            "{args:?}: {}",
            output.stderr
        );
        assert_eq!(home.files(), before, "{args:?}");
    }
    let output = Home::new().run(["report", "-o", "report.html"]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("no session yet") && output.stderr.contains("easeback start"),
        "{}",
        output.stderr
    );
}

#[test]
fn report_file_is_private_and_replaced_only_with_yes() {
    let home = home();
    let file = home.folder().join("r.html");
    let output = home.run(["report", "-o", "r.html"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "r.html\n", ""));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&file, "mine").unwrap();
    let output = home.run(["report", "-o", "r.html"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("exists already") && output.stderr.contains("--yes"), "{}", output.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(home.run(["report", "-o", "r.html", "--yes"]).code, Some(0));
    assert!(fs::read_to_string(&file).unwrap().contains("Episode 2 of 2"));
    let files = fs::read_dir(home.folder())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".easeback"));
    assert_eq!(files.count(), 0);
}

#[test]
fn yes_without_a_file_replaces_the_report_of_the_day() {
    let home = home();
    let first = home.run(["report", "--yes"]);
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    let file = home.folder().join(first.stdout.trim_end());
    fs::write(&file, "mine").unwrap();
    let second = home.run(["report"]);
    assert!(second.stdout.ends_with("-2.html\n"), "{second:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(home.run(["report", "--yes"]).stdout, first.stdout);
    assert!(fs::read_to_string(&file).unwrap().contains("Episode 2 of 2"));
}

#[test]
fn report_shows_how_many_lines_are_unreadable() {
    let home = home();
    fs::write(home.data().join("history/torn.jsonl"), "{\"v\":1,\n\u{1b}[31m\n").unwrap();
    let output = home.run(["report", "-o", "-"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout.contains("2 lines of the history could not be read"));
    assert!(
        output.stderr.contains("cannot read 2 lines of") && !output.stderr.contains('\u{1b}'),
        "{}",
        output.stderr
    );
    assert!(!output.stdout.contains("torn.jsonl"));
}

#[test]
fn report_on_a_terminal_writes_a_new_dated_file() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK report; echo code $?");
    terminal.wait_for_text("code 0");
    terminal.type_line("$EASEBACK report; echo again $?");
    terminal.wait_for_text("again 0");
    let mut names: Vec<String> = fs::read_dir(home.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("easeback-report-"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].ends_with("-2.html") && !names[1].ends_with("-2.html"), "{names:?}");
    let screen = terminal.screen();
    for name in names {
        assert!(screen.contains(&name), "{screen}");
        let file_metadata = fs::metadata(home.folder().join(&name)).unwrap();
        assert_eq!(file_metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn open_passes_the_file_to_the_desktop_or_prints_its_path() {
    let home = home();
    let tools = home.folder().join("tools");
    fs::create_dir(&tools).unwrap();
    let home = home.env("PATH", &tools);
    let output = home.run(["report", "--open", "-o", "a.html"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), "a.html\n"));
    assert!(
        output.stderr.contains("xdg-open is not installed") && output.stderr.contains("open a.html"),
        "{}",
        output.stderr
    );
    let opener = tools.join("xdg-open");
    fs::write(&opener, "#!/bin/sh\necho \"$1\" > opened\n").unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let output = home.run(["report", "--open"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "there must be a file");
    let opened = fs::read_to_string(home.folder().join("opened")).unwrap();
    assert_eq!(opened, format!("./{}", output.stdout));
    fs::write(&opener, "#!/bin/sh\nexit 3\n").unwrap();
    let output = home.run(["report", "--open", "-o", "b.html"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("found nothing to open it with"), "{}", output.stderr);
}
