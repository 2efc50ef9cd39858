//! Invalid input: two lines on stderr, nothing on stdout, nothing on the disk.

use crate::home::Home;

const INVALID_VALUES: &[&[&str]] = &[
    &["--heat", "abc"],
    &["--heat", "20M"],
    &["--heat", ""],
    &["--heat", "0"],
    &["--heat", "-5"],
    &["--heat", "1.5h"],
    &["--heat", "PT20M"],
    &["--heat", "20m 20m"],
    &["--heat", "21"],
    &["--heat", "٢٠"],
    &["--heat", "２０"],
    &["--heat", "99999999999999999999h"],
    &["--heat"],
    &["--cold", "45m"],
    &["--cold", "4"],
    &["--rounds", "0"],
    &["--rounds", "13"],
    &["--rounds", "-1"],
    &["--rounds", "3.5"],
    &["--rounds", "４"],
    &["--rounds", "99999999999999999999"],
    &["--rounds", ""],
    &["--pain", "11"],
    &["--pain", "-1"],
    &["--pain", "five"],
    &["--pain", "٥"],
    &["--pain", ""],
    &["--first", "rest"],
    &["--swap", "never"],
    &["--region", "head"],
    &["--side", ""],
    &["--trigger", "bad luck"],
    &["--onset", "someday"],
    &["--onset", "2999-01-01"],
    &["--note", ""],
    &["--rehearse=0"],
    &["--rehearse=99999"],
    &["--rehearse=x"],
    &["--heet", "20"],
    &["no-such-protocol"],
    &[""],
    &["alternate", "alternate"],
    &["--heat", "\u{1b}[2J\n"],
];

#[test]
fn invalid_value_changes_nothing_and_prints_a_hint() {
    let home = Home::new();
    let before = home.files();
    for command in ["start", "plan"] {
        for bad in INVALID_VALUES {
            let refused = home.run(std::iter::once(&command).chain(*bad));
            let called = format!("{command} {bad:?}: {refused:?}");
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{called}");
            let lines: Vec<&str> = refused.stderr.lines().collect();
            let [what, hint] = lines[..] else { panic!("two lines: {called}") };
            assert!(what.starts_with("error: ") && hint.starts_with("hint: "), "{called}");
            assert!(!refused.stderr.contains('\u{1b}'), "{called}");
            assert_eq!(home.files(), before, "{called}");
        }
    }
}

#[test]
fn invalid_history_filters_are_refused_the_same_way() {
    let home = Home::new();
    let before = home.files();
    for bad in [
        &["list", "--limit", "0"][..],
        &["list", "--limit", "abc"],
        &["list", "--limit", "+5"],
        &["list", "--limit", "-1"],
        &["list", "--since", "someday"],
        &["list", "--since", "today", "--until", "yesterday"],
        &["show"],
        &["show", "nonsense"],
        &["show", ""],
    ] {
        let refused = home.run(std::iter::once(&"history").chain(bad));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{bad:?}: {refused:?}");
        assert_eq!(refused.stderr.lines().count(), 2, "{bad:?}: {refused:?}");
        assert_eq!(home.files(), before);
    }
}

#[test]
fn overlong_note_is_refused() {
    let home = Home::new();
    let long = "a".repeat(2001);
    let refused = home.run(["start", "--note", &long]);
    assert_eq!((refused.code, refused.stderr.lines().count()), (Some(2), 2), "{refused:?}");
    assert_eq!(home.run(["plan", "--note", &long[1..]]).code, Some(0));
}

#[test]
fn refusal_messages_match_snapshots() {
    let home = Home::new();
    let error = |args: &[&str]| home.run(args).stderr;
    insta::assert_snapshot!(error(&["start", "--cold", "45m"]));
    insta::assert_snapshot!(error(&["start", "--heat", "20M"]));
    insta::assert_snapshot!(error(&["start", "--pain", "11"]));
    insta::assert_snapshot!(error(&["start", "--rounds", "0"]));
    insta::assert_snapshot!(error(&["start", "--cold", "3"]));
    insta::assert_snapshot!(error(&["start", "ice-cream"]));
    insta::assert_snapshot!(error(&["start", "--onset", "someday"]));
    insta::assert_snapshot!(error(&["stat"]));
}
