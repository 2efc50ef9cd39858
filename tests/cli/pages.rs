//! What is asked before a session, in a window that is too small for it: page by page, and nothing counts unread.

use crate::{
    home::Home,
    questions::{ASKED, both, home, types_anew},
    terminal::Terminal,
};
use easeback::view::{KeyEffect, Pager, WindowSize, paginate};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use std::{collections::BTreeSet, iter::repeat};

const START: &str = "$EASEBACK start --pain 6 --detach --no-notify";
const SIGNS: &str = include_str!("../../src/cli/preflight/signs.txt");
const WHO: &str = include_str!("../../src/cli/preflight/who.txt");
const ADVICE: &str = include_str!("../../src/cli/preflight/advice.txt");
/// Windows that are too small for the list of signs.
const SMALL: [&str; 4] = ["60x20", "50x16", "20x5", "30x3"];

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Makes the window so large, and types a command in it.
fn begins(terminal: &Terminal, home: &Home, size: &str, command: &str) {
    resizes(terminal, size);
    types_anew(terminal, home, command);
}

fn resizes(terminal: &Terminal, size: &str) {
    let (columns, rows) = size.split_once('x').unwrap();
    terminal.tmux(&format!("resize-window -x {columns} -y {rows}"));
}

/// Which page stands there, and of how many: the foot is the last line.
fn place(screen: &str) -> Option<(usize, usize)> {
    let foot = screen.lines().last()?;
    let mut numbers =
        foot.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok());
    let is_foot = foot.starts_with("page ") || foot.starts_with(|letter: char| letter.is_ascii_digit());
    if is_foot { Some((numbers.next()?, numbers.next()?)) } else { None }
}

/// Waits for a page by its number, and returns how many there are.
fn until_page(terminal: &Terminal, home: &Home, number: usize) -> usize {
    home.until(&format!("page {number}"), || place(&terminal.screen()).is_some_and(|(at, _)| at == number));
    place(&terminal.screen()).unwrap().1
}

/// The same where the foot takes several lines.
fn until_narrow_page(terminal: &Terminal, home: &Home, number: usize) {
    home.until(&format!("page {number}"), || {
        terminal.screen().lines().any(|line| line.trim().starts_with(&format!("{number}/")))
    });
}

/// Turns all pages with that key, and tries another on each but the last. Returns what stood on the screens.
fn walks(terminal: &Terminal, home: &Home, on: &str, too_early: &str) -> Vec<String> {
    let all = until_page(terminal, home, 1);
    let mut seen = Vec::new();
    for page in 1..all {
        assert_eq!(until_page(terminal, home, page), all);
        seen.push(terminal.screen());
        terminal.presses(too_early);
        home.until("a word that it is too early", || {
            let screen = terminal.screen();
            place(&screen) == Some((page, all)) && screen.lines().last().unwrap().contains("first")
        });
        assert_eq!((home.journal(), home.history().len()), (None, 0), "nothing counts unread");
        terminal.presses(on);
    }
    until_page(terminal, home, all);
    seen.push(terminal.screen());
    seen
}

/// Whether the words stand there in this order, perhaps with others between them.
fn in_order(text: &str, screens: &[String]) -> bool {
    let shown = words(&screens.join("\n"));
    let mut shown = shown.iter();
    words(text).iter().all(|word| shown.any(|shown| shown == word))
}

/// Whether each line of the text stood on a screen as a whole.
fn for_each_line(text: &str, screens: &[String]) -> bool {
    let screens: Vec<String> = screens.iter().map(|screen| words(screen).join(" ")).collect();
    text.lines().all(|line| screens.iter().any(|screen| screen.contains(&words(line).join(" "))))
}

fn answers(home: &Home) -> Value {
    home.until("the session", || home.journal().is_some());
    home.journal().unwrap()[0]["facts"]["answers"].clone()
}

#[test]
fn none_of_these_counts_only_on_the_last_page() {
    for (size, on) in SMALL.iter().zip(["Enter", "Space", "Enter", "Space"]) {
        let home = home();
        let Some(terminal) = Terminal::open(&home) else { return };
        begins(&terminal, &home, size, START);
        until_page(&terminal, &home, 1);
        terminal.until_it_hears_keys();
        let seen = walks(&terminal, &home, on, "n");
        assert!(seen.len() > 1 && in_order(SIGNS, &seen), "{size}: {seen:#?}");
        let is_tiny = size.ends_with("x5") || size.ends_with("x3");
        assert!(is_tiny || for_each_line(SIGNS, &seen), "{size}: {seen:#?}");
        terminal.presses("n");
        assert_eq!(answers(&home), both("none"), "{size}");
    }
}

#[test]
fn large_window_needs_no_pages() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "80x24", START);
    terminal.until(ASKED);
    terminal.until_it_hears_keys();
    assert!(for_each_line(SIGNS, &[terminal.screen()]) && place(&terminal.screen()).is_none());
    terminal.presses("n");
    assert_eq!(answers(&home), both("none"));
}

#[test]
fn page_size_comes_from_the_terminal_with_the_question() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "50x16", &format!("{START} > /dev/null"));
    assert_eq!(until_page(&terminal, &home, 1), 3);
}

#[test]
fn b_goes_back_and_only_the_last_page_takes_answers() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "60x20", START);
    let all = until_page(&terminal, &home, 1);
    terminal.until_it_hears_keys();
    for key in ["y", "s", "b", "q", "Up"] {
        terminal.presses(key);
        terminal.until("read on first");
        terminal.presses("Enter");
        until_page(&terminal, &home, 2);
        terminal.presses("b");
        until_page(&terminal, &home, 1);
    }
    for page in 2..=all {
        terminal.presses("Enter");
        until_page(&terminal, &home, page);
    }
    for key in ["Enter", "Space", "q"] {
        terminal.presses(key);
    }
    assert_eq!((home.journal(), home.history().len()), (None, 0));
    terminal.presses("y");
    terminal.until("Any other key leaves");
}

#[test]
fn resizing_the_window_changes_the_pages() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "60x20", START);
    until_page(&terminal, &home, 1);
    terminal.until_it_hears_keys();
    terminal.presses("Enter");
    until_page(&terminal, &home, 2);
    // Where it began is on another page of many now, and what was the last page is none any more.
    resizes(&terminal, "40x7");
    home.until("more pages", || place(&terminal.screen()).is_some_and(|(at, all)| at > 2 && all > at));
    terminal.presses("n");
    home.until("a word that it is too early", || terminal.screen().contains("Enter first"));
    assert_eq!(home.journal(), None);
    resizes(&terminal, "80x30");
    home.until("all of it", || {
        for_each_line(SIGNS, &[terminal.screen()]) && terminal.screen().contains(ASKED)
    });
    terminal.presses("n");
    assert_eq!(answers(&home), both("none"));
}

#[test]
fn enlarged_window_shows_the_unread_part() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "80x50", START);
    terminal.until(ASKED);
    terminal.until_it_hears_keys();
    // So narrow that most words are broken.
    resizes(&terminal, "6x12");
    until_narrow_page(&terminal, &home, 1);
    for page in 2..=17 {
        terminal.presses("Enter");
        until_narrow_page(&terminal, &home, page);
    }
    resizes(&terminal, "60x20");
    assert_eq!(until_page(&terminal, &home, 1), 2, "the pain that moves was on no page yet");
    assert!(terminal.screen().contains("pain moves to other parts"));
    terminal.presses("n");
    terminal.until("read on first");
    assert_eq!(home.journal(), None);
    terminal.presses("Enter");
    until_page(&terminal, &home, 2);
    terminal.presses("n");
    assert_eq!(answers(&home), both("none"));
}

#[test]
fn contraindications_and_sign_advice_have_pages_too() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "30x8", &format!("{START}; echo code $?"));
    until_page(&terminal, &home, 1);
    terminal.until_it_hears_keys();
    let seen = walks(&terminal, &home, "Enter", "x");
    assert!(in_order(WHO, &seen), "{seen:#?}");
    terminal.presses("x");
    terminal.until("Warning signs");
    terminal.until_it_hears_keys();
    let seen = walks(&terminal, &home, "Enter", "n");
    assert!(in_order(SIGNS, &seen), "{seen:#?}");
    terminal.presses("y");
    terminal.until("With one or more");
    until_page(&terminal, &home, 1);
    terminal.until_it_hears_keys();
    let seen = walks(&terminal, &home, "Enter", "S");
    assert!(in_order(ADVICE, &seen), "{seen:#?}");
    terminal.presses("q");
    terminal.until("code 1");
    assert_eq!(home.history()[0]["answers"], json!({"warning signs": "one or more, not started"}));
}

#[test]
fn typed_lines_turn_pages_like_keys() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    begins(&terminal, &home, "50x16", &format!("{START} --plain"));
    let mut seen = Vec::new();
    for (foot, typed) in [
        ("page 1 of 2   Enter goes on", ""),
        ("page 2 of 2   b goes back", ""),
        ("page 1 of 2   Enter goes on", "n"),
        ("page 1 of 2   read on first: Enter goes on", ""),
        ("page 2 of 2   b goes back", "b"),
        ("page 1 of 2   Enter goes on", ""),
        ("page 2 of 2   b goes back", "n"),
    ] {
        home.until(foot, || terminal.screen().lines().last() == Some(foot));
        seen.push(terminal.screen());
        assert_eq!(home.journal(), None);
        terminal.types(typed);
    }
    assert!(for_each_line(SIGNS, &seen) && for_each_line(WHO, &seen), "{seen:#?}");
    assert_eq!(answers(&home), both("none"));
}

/// A text of lists with headings, as what is asked before a session is one.
fn texts() -> impl Strategy<Value = String> {
    let line = || vec("[a-z:(-]{1,8}", 1..12).prop_map(|words| words.join(" "));
    let list = vec(line(), 1..6).prop_map(|items| {
        let items: Vec<String> = items.iter().map(|item| format!("- {item}")).collect();
        format!("HEADING\n{}", items.join("\n"))
    });
    vec(prop_oneof![list, line().prop_map(|line| format!("A {line}"))], 1..6)
        .prop_map(|blocks| blocks.join("\n\n"))
}

/// A text of words short and long, in which no letter comes twice.
fn texts_of_other_letters() -> impl Strategy<Value = String> {
    let word = prop_oneof![4 => "a{1,9}", 1 => "a{1,40}", 1 => "[a:(/-]{1,12}"];
    let line = vec(word, 1..12).prop_map(|words| words.join(" "));
    let start = prop_oneof![Just("- "), Just(""), Just("\n")];
    vec((start, line), 0..16).prop_map(|lines| {
        let mut letters = ('\u{100}'..='\u{24f}').chain('\u{400}'..='\u{47f}');
        let text: String = lines.iter().map(|(start, line)| format!("{start}{line}\n")).collect();
        text.chars().filter_map(|letter| if letter == 'a' { letters.next() } else { Some(letter) }).collect()
    })
}

/// What may happen to somebody who reads.
#[derive(Clone, Debug)]
enum Event {
    Key(Option<char>),
    Window(WindowSize),
}

fn sizes() -> impl Strategy<Value = WindowSize> {
    let columns = prop_oneof![1_usize..12, 1_usize..90];
    (columns, 0_usize..30).prop_map(|(columns, rows)| WindowSize { columns, rows })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let key = prop_oneof![6 => Just(Some('\n')), 1 => Just(Some('b')), 1 => Just(Some('n')), 1 => Just(None)];
    vec(prop_oneof![4 => key.prop_map(Event::Key), 1 => sizes().prop_map(Event::Window)], 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_counts_before_all_text_was_shown_at_any_size(
        text in texts_of_other_letters(), first in sizes(), events in events(),
    ) {
        let keys = ["\u{480} \u{481}\u{48a}\u{48b}", "\u{48c} \u{48d} \u{48e}\u{48f}"];
        let mut reader = Pager::new(&text, &keys, first);
        let mut shown: BTreeSet<char> = reader.current_page().chars().collect();
        // In the end, somebody reads on until something answers.
        for event in events.into_iter().chain(repeat(Event::Key(Some('\n')))) {
            let turn = match event {
                Event::Key(key) => reader.handle_key(key),
                Event::Window(size) if reader.resize(size) => KeyEffect::PageTurned,
                Event::Window(_) => KeyEffect::NotYetRead,
            };
            match turn {
                KeyEffect::PageTurned => shown.extend(reader.current_page().chars()),
                KeyEffect::NotYetRead => {}
                KeyEffect::MayAnswer => break,
            }
        }
        let all = text + &keys.concat();
        let unseen = |letter: &char| letter.is_alphabetic() && !shown.contains(letter);
        let unseen: String = all.chars().filter(unseen).collect();
        prop_assert_eq!(unseen, "");
    }
}

proptest! {
    #[test]
    fn pages_keep_every_word_and_fit_the_window(text in texts(), columns in 1_usize..90, rows in 1_usize..30) {
        let pages = paginate(&text, WindowSize { columns, rows });
        for page in &pages {
            let lines: Vec<&str> = page.lines().collect();
            prop_assert!((1..=rows).contains(&lines.len()), "{page}");
            prop_assert!(lines.iter().all(|line| line.chars().count() <= columns), "{page}");
            prop_assert!(!lines[0].is_empty() && !lines[lines.len() - 1].is_empty(), "{page}");
        }
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(letters(&pages.join("\n")), letters(&text));
    }

    #[test]
    fn pages_keep_words_whole_and_headings_with_their_list(
        text in texts(), columns in 12_usize..90, rows in 2_usize..30,
    ) {
        let pages = paginate(&text, WindowSize { columns, rows });
        prop_assert_eq!(words(&pages.join("\n")), words(&text));
        for page in &pages {
            prop_assert!(!page.ends_with("HEADING"), "{page}");
        }
        let all = pages.join("\n");
        for line in all.lines().filter(|line| !line.is_empty()) {
            let is_of_an_item = line.starts_with("- ") || line.starts_with("  ");
            prop_assert!(is_of_an_item || !line.starts_with(' '), "{line}");
        }
    }
}
