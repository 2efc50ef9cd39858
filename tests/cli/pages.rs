//! Questions before a session in a window that is too small for them: page by page, and no answer counts unread.

use crate::{
    home::Home,
    questions::{SIGNS_PROMPT, home_after_contraindications, same_answer_to_both, type_on_cleared_screen},
    terminal::Terminal,
};
use easeback::view::{KeyEffect, Pager, WindowSize, paginate};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use std::{collections::BTreeSet, iter::repeat};

const START: &str = "$EASEBACK start --pain 6 --detach --no-notify";
const SIGNS_TEXT: &str = include_str!("../../src/cli/preflight/signs.txt");
const CONTRAINDICATIONS_TEXT: &str = include_str!("../../src/cli/preflight/who.txt");
const ADVICE_TEXT: &str = include_str!("../../src/cli/preflight/advice.txt");
/// Windows that are too small for the list of signs.
const SMALL_WINDOWS: [&str; 4] = ["60x20", "50x16", "20x5", "30x3"];

fn split_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Resizes the window and types a command in it.
fn type_in_window(terminal: &Terminal, home: &Home, size: &str, command: &str) {
    resize_window(terminal, size);
    type_on_cleared_screen(terminal, home, command);
}

fn resize_window(terminal: &Terminal, size: &str) {
    let (columns, rows) = size.split_once('x').unwrap();
    terminal.tmux(&format!("resize-window -x {columns} -y {rows}"));
}

/// The current page and the number of pages: the footer is the last line.
fn page_position(screen: &str) -> Option<(usize, usize)> {
    let footer = screen.lines().last()?;
    let mut numbers =
        footer.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok());
    let is_footer = footer.starts_with("page ") || footer.starts_with(|letter: char| letter.is_ascii_digit());
    if is_footer { Some((numbers.next()?, numbers.next()?)) } else { None }
}

/// Waits for a page by its number, and returns the number of pages.
fn wait_for_page(terminal: &Terminal, home: &Home, number: usize) -> usize {
    home.wait_until(&format!("page {number}"), || {
        page_position(&terminal.screen()).is_some_and(|(at, _)| at == number)
    });
    page_position(&terminal.screen()).unwrap().1
}

/// The same if the footer takes several lines.
fn wait_for_narrow_page(terminal: &Terminal, home: &Home, number: usize) {
    home.wait_until(&format!("page {number}"), || {
        terminal.screen().lines().any(|line| line.trim().starts_with(&format!("{number}/")))
    });
}

/// Turns all pages with one key, and tries another one on each page but the last. Returns the screens.
fn turn_all_pages(terminal: &Terminal, home: &Home, key: &str, too_early: &str) -> Vec<String> {
    let page_count = wait_for_page(terminal, home, 1);
    let mut screens = Vec::new();
    for page in 1..page_count {
        assert_eq!(wait_for_page(terminal, home, page), page_count);
        screens.push(terminal.screen());
        terminal.press_keys(too_early);
        home.wait_until("a hint that it is too early", || {
            let screen = terminal.screen();
            page_position(&screen) == Some((page, page_count))
                && screen.lines().last().unwrap().contains("first")
        });
        assert_eq!((home.journal(), home.history().len()), (None, 0), "nothing counts unread");
        terminal.press_keys(key);
    }
    wait_for_page(terminal, home, page_count);
    screens.push(terminal.screen());
    screens
}

/// Whether the words occur in this order, perhaps with others between them.
fn contains_in_order(text: &str, screens: &[String]) -> bool {
    let shown = split_words(&screens.join("\n"));
    let mut shown = shown.iter();
    split_words(text).iter().all(|word| shown.any(|shown| shown == word))
}

/// Whether each line of the text was on a screen as a whole.
fn contains_each_line(text: &str, screens: &[String]) -> bool {
    let screens: Vec<String> = screens.iter().map(|screen| split_words(screen).join(" ")).collect();
    text.lines().all(|line| screens.iter().any(|screen| screen.contains(&split_words(line).join(" "))))
}

fn journaled_answers(home: &Home) -> Value {
    home.wait_until("the session", || home.journal().is_some());
    home.journal().unwrap()[0]["facts"]["answers"].clone()
}

#[test]
fn none_of_these_counts_only_on_the_last_page() {
    for (size, key) in SMALL_WINDOWS.iter().zip(["Enter", "Space", "Enter", "Space"]) {
        let home = home_after_contraindications();
        let Some(terminal) = Terminal::open(&home) else { return };
        type_in_window(&terminal, &home, size, START);
        wait_for_page(&terminal, &home, 1);
        terminal.wait_for_raw_mode();
        let screens = turn_all_pages(&terminal, &home, key, "n");
        assert!(screens.len() > 1 && contains_in_order(SIGNS_TEXT, &screens), "{size}: {screens:#?}");
        let is_tiny = size.ends_with("x5") || size.ends_with("x3");
        assert!(is_tiny || contains_each_line(SIGNS_TEXT, &screens), "{size}: {screens:#?}");
        terminal.press_keys("n");
        assert_eq!(journaled_answers(&home), same_answer_to_both("none"), "{size}");
    }
}

#[test]
fn large_window_needs_no_pages() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "80x24", START);
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    assert!(
        contains_each_line(SIGNS_TEXT, &[terminal.screen()]) && page_position(&terminal.screen()).is_none()
    );
    terminal.press_keys("n");
    assert_eq!(journaled_answers(&home), same_answer_to_both("none"));
}

#[test]
fn page_size_comes_from_the_terminal_with_the_question() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "50x16", &format!("{START} > /dev/null"));
    assert_eq!(wait_for_page(&terminal, &home, 1), 3);
}

#[test]
fn b_goes_back_and_only_the_last_page_takes_answers() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "60x20", START);
    let page_count = wait_for_page(&terminal, &home, 1);
    terminal.wait_for_raw_mode();
    for key in ["y", "s", "b", "q", "Up"] {
        terminal.press_keys(key);
        terminal.wait_for_text("read on first");
        terminal.press_keys("Enter");
        wait_for_page(&terminal, &home, 2);
        terminal.press_keys("b");
        wait_for_page(&terminal, &home, 1);
    }
    for page in 2..=page_count {
        terminal.press_keys("Enter");
        wait_for_page(&terminal, &home, page);
    }
    for key in ["Enter", "Space", "q"] {
        terminal.press_keys(key);
    }
    assert_eq!((home.journal(), home.history().len()), (None, 0));
    terminal.press_keys("y");
    terminal.wait_for_text("Any other key leaves");
}

#[test]
fn resizing_the_window_changes_the_pages() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "60x20", START);
    wait_for_page(&terminal, &home, 1);
    terminal.wait_for_raw_mode();
    terminal.press_keys("Enter");
    wait_for_page(&terminal, &home, 2);
    // The start is on another of now many pages, and the last page is no longer the last.
    resize_window(&terminal, "40x7");
    home.wait_until("more pages", || {
        page_position(&terminal.screen()).is_some_and(|(at, page_count)| at > 2 && page_count > at)
    });
    terminal.press_keys("n");
    home.wait_until("a hint that it is too early", || terminal.screen().contains("Enter first"));
    assert_eq!(home.journal(), None);
    resize_window(&terminal, "80x30");
    home.wait_until("all of it", || {
        contains_each_line(SIGNS_TEXT, &[terminal.screen()]) && terminal.screen().contains(SIGNS_PROMPT)
    });
    terminal.press_keys("n");
    assert_eq!(journaled_answers(&home), same_answer_to_both("none"));
}

#[test]
fn enlarged_window_shows_the_unread_part() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "80x50", START);
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    // So narrow that most words are broken.
    resize_window(&terminal, "6x12");
    wait_for_narrow_page(&terminal, &home, 1);
    for page in 2..=17 {
        terminal.press_keys("Enter");
        wait_for_narrow_page(&terminal, &home, page);
    }
    resize_window(&terminal, "60x20");
    assert_eq!(wait_for_page(&terminal, &home, 1), 2, "the pain that moves was on no page yet");
    assert!(terminal.screen().contains("pain moves to other parts"));
    terminal.press_keys("n");
    terminal.wait_for_text("read on first");
    assert_eq!(home.journal(), None);
    terminal.press_keys("Enter");
    wait_for_page(&terminal, &home, 2);
    terminal.press_keys("n");
    assert_eq!(journaled_answers(&home), same_answer_to_both("none"));
}

#[test]
fn contraindications_and_sign_advice_have_pages_too() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "30x8", &format!("{START}; echo code $?"));
    wait_for_page(&terminal, &home, 1);
    terminal.wait_for_raw_mode();
    let screens = turn_all_pages(&terminal, &home, "Enter", "x");
    assert!(contains_in_order(CONTRAINDICATIONS_TEXT, &screens), "{screens:#?}");
    terminal.press_keys("x");
    terminal.wait_for_text("Warning signs");
    terminal.wait_for_raw_mode();
    let screens = turn_all_pages(&terminal, &home, "Enter", "n");
    assert!(contains_in_order(SIGNS_TEXT, &screens), "{screens:#?}");
    terminal.press_keys("y");
    terminal.wait_for_text("With one or more");
    wait_for_page(&terminal, &home, 1);
    terminal.wait_for_raw_mode();
    let screens = turn_all_pages(&terminal, &home, "Enter", "S");
    assert!(contains_in_order(ADVICE_TEXT, &screens), "{screens:#?}");
    terminal.press_keys("q");
    terminal.wait_for_text("code 1");
    assert_eq!(home.history()[0]["answers"], json!({"warning signs": "one or more, not started"}));
}

#[test]
fn typed_lines_turn_pages_like_keys() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_in_window(&terminal, &home, "50x16", &format!("{START} --plain"));
    let mut screens = Vec::new();
    for (footer, typed) in [
        ("page 1 of 2   Enter goes on", ""),
        ("page 2 of 2   b goes back", ""),
        ("page 1 of 2   Enter goes on", "n"),
        ("page 1 of 2   read on first: Enter goes on", ""),
        ("page 2 of 2   b goes back", "b"),
        ("page 1 of 2   Enter goes on", ""),
        ("page 2 of 2   b goes back", "n"),
    ] {
        home.wait_until(footer, || terminal.screen().lines().last() == Some(footer));
        screens.push(terminal.screen());
        assert_eq!(home.journal(), None);
        terminal.type_line(typed);
    }
    assert!(
        contains_each_line(SIGNS_TEXT, &screens) && contains_each_line(CONTRAINDICATIONS_TEXT, &screens),
        "{screens:#?}"
    );
    assert_eq!(journaled_answers(&home), same_answer_to_both("none"));
}

/// A text of headings and lists, like the questions before a session.
fn any_text() -> impl Strategy<Value = String> {
    let line = || vec("[a-z:(-]{1,8}", 1..12).prop_map(|words| words.join(" "));
    let list = vec(line(), 1..6).prop_map(|items| {
        let items: Vec<String> = items.iter().map(|item| format!("- {item}")).collect();
        format!("HEADING\n{}", items.join("\n"))
    });
    vec(prop_oneof![list, line().prop_map(|line| format!("A {line}"))], 1..6)
        .prop_map(|blocks| blocks.join("\n\n"))
}

/// A text of short and long words in which no letter occurs twice.
fn any_text_of_other_letters() -> impl Strategy<Value = String> {
    let word = prop_oneof![4 => "a{1,9}", 1 => "a{1,40}", 1 => "[a:(/-]{1,12}"];
    let line = vec(word, 1..12).prop_map(|words| words.join(" "));
    let start = prop_oneof![Just("- "), Just(""), Just("\n")];
    vec((start, line), 0..16).prop_map(|lines| {
        let mut letters = ('\u{100}'..='\u{24f}').chain('\u{400}'..='\u{47f}');
        let text: String = lines.iter().map(|(start, line)| format!("{start}{line}\n")).collect();
        text.chars().filter_map(|letter| if letter == 'a' { letters.next() } else { Some(letter) }).collect()
    })
}

/// What can happen while somebody reads.
#[derive(Clone, Debug)]
enum PagerEvent {
    Key(Option<char>),
    Window(WindowSize),
}

fn sizes() -> impl Strategy<Value = WindowSize> {
    let columns = prop_oneof![1_usize..12, 1_usize..90];
    (columns, 0_usize..30).prop_map(|(columns, rows)| WindowSize { columns, rows })
}

fn events() -> impl Strategy<Value = Vec<PagerEvent>> {
    let key = prop_oneof![6 => Just(Some('\n')), 1 => Just(Some('b')), 1 => Just(Some('n')), 1 => Just(None)];
    vec(prop_oneof![4 => key.prop_map(PagerEvent::Key), 1 => sizes().prop_map(PagerEvent::Window)], 0..60)
}

proptest! {
    #![proptest_config(crate::properties::property_config(512))]

    #[test]
    fn no_answer_counts_before_all_text_was_shown_at_any_size(
        text in any_text_of_other_letters(), first in sizes(), events in events(),
    ) {
        let keys = ["\u{480} \u{481}\u{48a}\u{48b}", "\u{48c} \u{48d} \u{48e}\u{48f}"];
        let mut reader = Pager::new(&text, &keys, first);
        let mut shown: BTreeSet<char> = reader.current_page().chars().collect();
        // At the end, the reader turns pages until something answers.
        for event in events.into_iter().chain(repeat(PagerEvent::Key(Some('\n')))) {
            let turn = match event {
                PagerEvent::Key(key) => reader.handle_key(key),
                PagerEvent::Window(size) if reader.resize(size) => KeyEffect::PageTurned,
                PagerEvent::Window(_) => KeyEffect::NotYetRead,
            };
            match turn {
                KeyEffect::PageTurned => shown.extend(reader.current_page().chars()),
                KeyEffect::NotYetRead => {}
                KeyEffect::MayAnswer => break,
            }
        }
        let page_count = text + &keys.concat();
        let unseen = |letter: &char| letter.is_alphabetic() && !shown.contains(letter);
        let unseen: String = page_count.chars().filter(unseen).collect();
        prop_assert_eq!(unseen, "");
    }
}

proptest! {
    #![proptest_config(crate::properties::property_config(256))]

    #[test]
    fn pages_keep_every_word_and_fit_the_window(text in any_text(), columns in 1_usize..90, rows in 1_usize..30) {
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
        text in any_text(), columns in 12_usize..90, rows in 2_usize..30,
    ) {
        let pages = paginate(&text, WindowSize { columns, rows });
        prop_assert_eq!(split_words(&pages.join("\n")), split_words(&text));
        for page in &pages {
            prop_assert!(!page.ends_with("HEADING"), "{page}");
        }
        let page_count = pages.join("\n");
        for line in page_count.lines().filter(|line| !line.is_empty()) {
            let is_of_an_item = line.starts_with("- ") || line.starts_with("  ");
            prop_assert!(is_of_an_item || !line.starts_with(' '), "{line}");
        }
    }
}
