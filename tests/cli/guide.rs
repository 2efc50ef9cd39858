//! The guide: its texts fit a screen, name their sources, and state what the sources say.

use crate::{
    home::{Home, Output},
    terminal::Terminal,
};

const TOPICS: [&str; 7] = ["now", "help", "who", "massage", "recovery", "prevention", "why"];
const FOOTER: &str = "What the tags mean: easeback guide";

/// What a topic must contain: facts and numbers of the sources, as phrases.
const EXPECTED_FACTS: &[(&str, &str)] = &[
    ("now", "Do not panic|Keep sitting a little|neutral position|on the floor, on your back|feet on a chair"),
    (
        "now",
        "not try to stretch it out|dig your fingers|never helps|days in bed|under your knees|between them",
    ),
    ("now", "pad for 20 minutes|cold pack for 10|under the painful place|10 to 20 minutes|Short, shallow"),
    (
        "now",
        "Never set the pad on high|Never fall asleep|on top of you, not under you|20 minutes of heat or cold",
    ),
    ("help", "bladder or bowel control|saddle|genitals|Both legs are weak, numb or painful|walking|sex"),
    ("help", "serious accident|chest pain|tearing or pulsing pain|belly or back|112 or your local emergency"),
    ("help", "fever|lost weight|cancer|steroids|osteoporosis|immune system|elsewhere|getting worse"),
    (
        "help",
        "more than 3 days|few weeks|professional help|couple of days|go away on its own|tingle|numb as well",
    ),
    (
        "who",
        "circulation|Raynaud's|cold urticaria|skin is numb|neuropathy|diabetes|broken or irritated|cancer",
    ),
    ("who", "heart disease|pack is large|fever or an infection|pregnant|belly|blood thinners|stroke|alcohol"),
    (
        "who",
        "sleeping pills|strong painkillers|medicine patch|heat rub|too hot or too cold|lidocaine|blistered",
    ),
    ("massage", "same day|slow, firm|Wait a day or two|Book a massage therapist|2011 study|do not agree"),
    ("recovery", "a day or two|about an hour|a few hours at a time|next day|gentle stretches"),
    ("recovery", "Exercise, stretching and strengthening (yoga)|chronic low back pain|back and the belly"),
    ("recovery", "do not agree|normal activities|shower|Two kinds|never says what to take, or how much"),
    (
        "prevention",
        "do not agree|Nobody knows|everybody|Exercise|weight|stress|smoke|bent knees|straight back",
    ),
    (
        "prevention",
        "lifting heavy|walks|strength training|awkward|furniture|snow|Twisting, sneezing|tie a shoe",
    ),
    ("why", "on purpose|guarding|a day or two|unpleasant|awkward|ache, tingle or go numb|no diagnosis"),
];

/// Words that any medication amount would need.
const MEDICATION_WORDS: [&str; 12] = [
    "mg",
    "ml",
    "milligram",
    "milligrams",
    "dose",
    "doses",
    "dosage",
    "tablet",
    "tablets",
    "ibuprofen",
    "paracetamol",
    "aspirin",
];

fn run_guide(args: &[&str]) -> Output {
    Home::new().run(["guide"].iter().chain(args))
}

/// The output for these arguments; empty ones are left out.
fn guide_text(args: &[&str]) -> String {
    let args: Vec<&str> = args.iter().copied().filter(|word| !word.is_empty()).collect();
    let output = run_guide(&args);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{args:?}");
    output.stdout
}

/// Every text, with the topic that shows it.
fn all_guide_texts() -> impl Iterator<Item = (&'static str, String)> {
    TOPICS.into_iter().map(|topic| (topic, guide_text(&[topic]))).chain([("", guide_text(&[""]))])
}

#[test]
fn each_topic_matches_its_snapshot() {
    for topic in TOPICS {
        insta::assert_snapshot!(format!("guide_{topic}"), guide_text(&[topic]));
    }
    insta::assert_snapshot!("guide_list", guide_text(&[]));
    insta::assert_snapshot!("guide_massage_low", guide_text(&["massage", "--region", "low"]));
}

#[test]
fn each_topic_is_ascii_and_fits_a_small_screen() {
    for (topic, text) in all_guide_texts() {
        assert!(text.is_ascii(), "{topic}");
        assert!(text.lines().count() <= 23, "{topic}: {} lines", text.lines().count());
        let long: Vec<&str> = text.lines().filter(|line| line.len() > 79).collect();
        assert_eq!(long, [""; 0], "{topic}");
    }
}

#[test]
fn each_line_of_advice_names_its_source() {
    let list = guide_text(&[]);
    let topics: Vec<&str> = list.lines().skip_while(|line| !line.starts_with("Each line")).skip(1).collect();
    let is_known = |tag: &str| topics.iter().any(|line| line.split(' ').next() == Some(tag));
    assert!(is_known("D0") && is_known("P") && !is_known("X9"), "{list}");
    for (topic, text) in all_guide_texts() {
        let advice: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
        assert!(advice.len() > 1, "{topic}: {text}");
        for line in advice {
            let tags = line.strip_suffix(']').and_then(|line| line.rsplit_once(" ["));
            let Some((_, tags)) = tags else { panic!("no tag: {line}") };
            assert!(tags.split(", ").all(is_known), "{line}");
        }
        assert!(topic.is_empty() || text.ends_with(&format!("\n{FOOTER}\n")), "{topic}");
    }
}

#[test]
fn topics_contain_the_facts_of_the_sources() {
    for (topic, expected) in EXPECTED_FACTS {
        let text = guide_text(&[topic]);
        let missing: Vec<&str> = expected.split('|').filter(|part| !text.contains(part)).collect();
        assert_eq!(missing, [""; 0], "{topic}: {text}");
    }
}

#[test]
fn no_topic_gives_medication_amounts() {
    for (topic, text) in all_guide_texts() {
        let text = text.to_lowercase();
        let mut args = text.split(|letter: char| !letter.is_ascii_alphabetic());
        assert_eq!(args.find(|word| MEDICATION_WORDS.contains(word)), None, "{topic}");
    }
}

#[test]
fn topic_list_is_complete_and_starts_with_the_emergency() {
    let list = guide_text(&[]);
    for topic in TOPICS {
        assert_eq!(list.lines().filter(|line| line.split(' ').next() == Some(topic)).count(), 1, "{topic}");
    }
    assert!(list.lines().nth(1).is_some_and(|line| line.contains("112")), "{list}");
}

#[test]
fn massage_advice_depends_on_the_region() {
    let (low, upper) = ("may help on the same day", "Wait a day or two");
    let both = guide_text(&["massage"]);
    assert!(both.contains(low) && both.contains(upper), "{both}");
    for (region, has, has_not) in
        [("low", low, upper), ("hips", low, upper), ("mid", upper, low), ("upper", upper, low)]
    {
        let text = guide_text(&["massage", "--region", region]);
        assert!(text.contains(has) && !text.contains(has_not), "{region}: {text}");
        assert!(
            text.contains("Book a massage therapist") && text.ends_with(&format!("{FOOTER}\n")),
            "{region}"
        );
        assert!(text.lines().all(|line| both.contains(line)), "{region}");
    }
}

#[test]
fn invalid_guide_arguments_are_explained() {
    for (args, answer) in [
        (&["pain"][..], "expected now, help, who, massage, recovery, prevention or why"),
        (&["Now"], "expected now, "),
        (&[""], "expected now, "),
        (&["\u{1b}[2J"], "expected now, "),
        (&["now", "--region", "low"], "`easeback guide massage --region low`"),
        (&["--region", "hips"], "`easeback guide massage --region hips`"),
        (&["massage", "--region", "head"], "expected low, mid, upper or hips"),
        (&["massage", "--region"], ""),
        (&["now", "help"], ""),
    ] {
        let refused = run_guide(args);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{args:?}: {refused:?}");
        let lines: Vec<&str> = refused.stderr.lines().collect();
        let [what, hint] = lines[..] else { panic!("two lines: {refused:?}") };
        assert!(what.starts_with("error: ") && hint.starts_with("hint: "), "{refused:?}");
        assert!(
            refused.stderr.contains(answer) && !refused.stderr.contains('\u{1b}'),
            "{args:?}: {refused:?}"
        );
    }
}

#[test]
fn guide_is_the_same_without_utf8_and_writes_no_files() {
    let home = Home::new().env("LANG", "C").env("TERM", "dumb");
    let before = home.files();
    for topic in TOPICS {
        assert_eq!(home.run(["guide", topic]).stdout, guide_text(&[topic]));
    }
    assert_eq!(home.files(), before);
}

#[test]
fn title_is_bold_when_color_is_on() {
    let colourful = Home::new().remove_env("NO_COLOR").run(["guide", "why", "--color", "always"]).stdout;
    assert!(colourful.starts_with("\u{1b}[1mWhy your back locks up\u{1b}[0m\n"), "{colourful:?}");
}

#[test]
fn each_topic_fits_the_terminal_without_scrolling() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    for topic in TOPICS {
        terminal.type_line(&format!("clear; $EASEBACK guide {topic}"));
        let text = guide_text(&[topic]);
        let title = text.lines().next().unwrap();
        home.wait_until(topic, || {
            let screen = terminal.screen();
            screen.starts_with(title) && screen.ends_with(&format!("{FOOTER}\nshell>"))
        });
    }
}

#[test]
fn narrow_terminal_wraps_whole_words_with_hanging_indent() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    for (width, topic, end) in
        [(40, "why", FOOTER), (40, "", "nobody's advice"), (14, "why", FOOTER), (14, "", "nobody's advice")]
    {
        terminal.tmux(&format!("resize-window -x {width} -y 200"));
        home.wait_until("the new width", || terminal.mode().contains(&format!("columns {width};")));
        terminal.type_line(&format!("clear; $EASEBACK guide {topic}; echo code $?"));
        home.wait_until("the end", || {
            collapse_whitespace(&terminal.screen()).ends_with(&format!("{end} code 0 shell>"))
        });
        let screen = terminal.screen();
        // No word is broken: all of them are there, apart from the line breaks.
        let text = format!("{} code 0 shell>", collapse_whitespace(&guide_text(&[topic])));
        assert_eq!(collapse_whitespace(&screen), text, "{width}:\n{screen}");
        let name = if topic.is_empty() { "list" } else { topic };
        insta::assert_snapshot!(format!("guide_narrow_{width}_{name}"), screen);
    }
}

fn collapse_whitespace(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
