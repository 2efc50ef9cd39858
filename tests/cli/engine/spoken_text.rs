//! Spoken text in every protocol and state: words that a speech program can pronounce, and that a person can follow
//! without a screen.

use super::{protocols::simulate_protocol, *};
use crate::plans::protocols;
use easeback::session::Untimed;
use std::collections::BTreeSet;

const BUILT_IN: [&str; 5] = ["alternate", "ice", "heat", "settle-walk", "stiff-day"];
/// Characters that a speech program would spell out, and those that are meant for reading only.
const UNPRONOUNCEABLE: &str = "`()[]{}<>|*_#=~^\\/@$+&%·→–—•…°≤≥";
const ABBREVIATIONS: [&str; 11] = ["s", "sec", "min", "mins", "m", "h", "hr", "hrs", "x", "p", "vs"];

/// Every possible alert about the current phase and its neighbors, whether or not it is due now.
fn every_alert(simulation: &SimulatedSession) -> Vec<Alert> {
    let mut all = vec![Alert::SessionStart, Alert::Abandoned, Alert::Completed, Alert::Stopped];
    let turn = 1;
    all.extend([Alert::Paused { clock_stop_number: turn }, Alert::Resumed { clock_stop_number: turn }]);
    let last = simulation.session.plan().phases.len() - 1;
    for phase in simulation.phase_index().saturating_sub(1)..=last.min(simulation.phase_index() + 1) {
        all.extend([
            Alert::SwapSoon { phase },
            Alert::PhaseTimeUp { phase },
            Alert::OptionalPrompt { phase },
            Alert::Swap { phase },
        ]);
        all.extend([
            Alert::ResumePrompt { phase, clock_stop_number: turn },
            Alert::GetUp { since_phase: phase, hours: 3 },
        ]);
        let repeats = [
            Repeat::UnconfirmedSwap,
            Repeat::Overdue,
            Repeat::UnansweredPrompt,
            Repeat::PresenceCheck,
            Repeat::Paused,
            Repeat::UnansweredEnd,
        ];
        let repeated = |why| {
            (1..=3).map(move |nth| Alert::Repeated { reason: why, phase, clock_stop_number: turn, nth })
        };
        all.extend(repeats.into_iter().flat_map(repeated));
    }
    all
}

/// All texts that could be spoken now.
fn all_spoken_texts(simulation: &SimulatedSession) -> Vec<String> {
    let now = simulation.now();
    let spoken = |alert| simulation.session.announcement(alert, &now).spoken_text;
    let untimed = simulation.session.untimed_announcement(Untimed::TimerKilled, &now).spoken_text;
    let left = simulation.session.spoken_time_left(simulation.remaining());
    every_alert(simulation).into_iter().map(spoken).chain([untimed, left]).collect()
}

/// What a speech program could not pronounce, if anything.
fn find_unpronounceable(text: &str) -> Option<String> {
    let unpronounceable =
        text.chars().find(|letter| UNPRONOUNCEABLE.contains(*letter) || letter.is_control());
    if let Some(letter) = unpronounceable {
        return Some(format!("the character {letter:?}"));
    }
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let is_short = |word: &&str| ABBREVIATIONS.contains(&word.to_lowercase().as_str());
    words.clone().find(is_short).map(|word| format!("the abbreviation {word:?}"))
}

/// The program's own texts also have no tags and no digits, start with a capital letter and end like a sentence.
fn assert_is_speakable(text: &str) {
    assert_eq!(find_unpronounceable(text), None, "{text}");
    let tagged = text.chars().find(char::is_ascii_digit);
    assert_eq!(tagged, None, "a figure or a tag: {text}");
    assert!(text.chars().next().is_some_and(char::is_uppercase), "{text}");
    assert!(text.ends_with(['.', '?']), "{text}");
    assert!(!text.contains("  ") && !text.contains(".."), "{text}");
}

/// The session in all states that it can reach from here.
fn reachable_states(simulation: &SimulatedSession) -> Vec<SimulatedSession> {
    let asleep = || Step::Sleep(37 * MINUTE);
    let step_lists: [&[Step]; 9] = [
        &[],
        &[Step::Send(Command::Pause), Step::Run(11 * MINUTE)],
        &[Step::Send(Command::Pause), Step::Run(SECOND), Step::Send(Command::Resume)],
        &[asleep(), Step::Tick],
        &[asleep(), Step::Tick, Step::Run(3 * MINUTE)],
        &[Step::Run(90 * MINUTE)],
        &[Step::KillTimer, Step::Run(MINUTE), Step::StartNewTimer],
        &[Step::TerminateTimer],
        &[Step::Send(Command::Stop { pain: None, why: None })],
    ];
    step_lists.into_iter().map(|steps| run_steps((simulation.clone(), steps.to_vec()))).collect()
}

/// Checks all texts that could be spoken at each alert, from the start to the end of a session in which every
/// question gets this answer. Most of it was spoken before: each text is checked once.
fn assert_is_speakable_throughout(
    simulation: &mut SimulatedSession,
    answer: &Command,
    checked: &mut BTreeSet<String>,
) -> usize {
    let (mut moments, mut seen) = (0, Vec::new());
    loop {
        if !simulation.tick().is_empty() {
            // What can happen next is looked at once in each phase and state.
            let place = (simulation.phase_index(), simulation.state());
            let all =
                if seen.contains(&place) { vec![simulation.clone()] } else { reachable_states(simulation) };
            seen.push(place);
            for text in all.iter().flat_map(all_spoken_texts) {
                if !checked.contains(&text) {
                    assert_is_speakable(&text);
                    checked.insert(text);
                }
            }
            moments += all.len();
        }
        if simulation.session.is_over() {
            return moments;
        }
        if matches!(simulation.state(), State::Asking | State::Overdue) {
            simulation.run(90 * SECOND);
            simulation.send(answer.clone());
        }
        let deadline = simulation.session.deadline().map_or(Duration::ZERO, |at| at.boottime);
        simulation.run(deadline.saturating_sub(simulation.clocks.boottime).max(SECOND));
    }
}

#[test]
fn spoken_text_is_pronounceable() {
    let mut checked = BTreeSet::new();
    for name in BUILT_IN {
        for (swap, rehearse, answer) in [
            (SwapMode::Auto, None, Command::Next),
            (SwapMode::Auto, None, Command::Stop { pain: None, why: None }),
            (SwapMode::Ask, None, Command::Next),
            (SwapMode::Auto, Some(60), Command::Next),
        ] {
            let mut simulation = SimulatedSession::from_plan(
                simulate_protocol(name, &Overrides::default()).session.plan().clone(),
                swap,
                rehearse,
            );
            // With a viewer, in which keys can be pressed, and without.
            let mut viewed = simulation.clone();
            viewed.write_event(Event::ViewerOpened { pid: 3, namespace: None });
            for simulation in [&mut simulation, &mut viewed] {
                assert!(assert_is_speakable_throughout(simulation, &answer, &mut checked) > 9, "{name}");
            }
        }
    }
}

#[test]
fn spoken_text_names_keys_only_when_a_window_is_open() {
    let nth = 1;
    let check = |phase| Alert::Repeated { reason: Repeat::PresenceCheck, phase, clock_stop_number: 0, nth };
    let plan = simulate_protocol("alternate", &Overrides::default()).session.plan().clone();
    let mut simulation = SimulatedSession::from_plan(plan, SwapMode::Ask, None);
    let spoken = |simulation: &SimulatedSession| {
        [check(0), Alert::PhaseTimeUp { phase: 0 }]
            .map(|alert| simulation.session.announcement(alert, &simulation.now()).spoken_text)
    };
    assert_eq!(
        spoken(&simulation),
        ["Still awake?", "Heat is done. Take the pad off. Is the skin red, blistered or numb? Then stop."]
    );
    simulation.write_event(Event::ViewerOpened { pid: 3, namespace: None });
    assert_eq!(
        spoken(&simulation),
        [
            "Still awake? Press any key.",
            "Heat is done. Take the pad off. Is the skin red, blistered or numb? Then stop. To go on, press the n key."
        ]
    );
}

#[test]
fn every_rehearsal_text_is_marked_as_rehearsal() {
    let simulation = SimulatedSession::from_plan(alternate(&Overrides::default()), SwapMode::Auto, Some(60));
    for text in all_spoken_texts(&simulation) {
        assert!(text.starts_with("Rehearsal. "), "{text}");
    }
    let announcement = simulation.session.untimed_announcement(Untimed::TimerKilled, &simulation.now());
    assert!(announcement.message.title.starts_with("REHEARSAL: "), "{:?}", announcement.message);
    assert!(!announcement.message.body.contains("records"), "{:?}", announcement.message);
}

#[test]
fn untimed_alert_names_the_next_command() {
    for (rehearse, untimed, available, unavailable) in [
        (None, Untimed::TimerKilled, "resume", "start"),
        (Some(60), Untimed::TimerKilled, "resume", "stop"),
        (None, Untimed::JournalRemoved, "history", "resume"),
        (Some(60), Untimed::JournalRemoved, "start", "history"),
    ] {
        let simulation =
            SimulatedSession::from_plan(alternate(&Overrides::default()), SwapMode::Auto, rehearse);
        let body = simulation.session.untimed_announcement(untimed, &simulation.now()).message.body;
        let names = |word| body.contains(&format!("`easeback {word}`"));
        assert!(names(available) && !names(unavailable), "{body}");
    }
}

#[test]
fn take_it_off_appears_only_while_a_pack_is_on() {
    let simulate = |name| simulate_protocol(name, &Overrides::default());
    let heat = simulate("heat");
    let stretch = simulate("stiff-day");
    let untimed = |simulation: &SimulatedSession| {
        simulation.session.untimed_announcement(Untimed::TimerKilled, &simulation.now())
    };
    assert_eq!(untimed(&heat).message.title, "Take the pad off: nobody is timing it");
    assert_eq!(untimed(&heat).spoken_text, "Take the pad off. Nobody is timing it.");
    assert_eq!(untimed(&stretch).message.title, "Nobody is timing the session any more");
    assert_eq!(untimed(&stretch).spoken_text, "Nobody is timing the session any more.");
}

proptest! {
    #![proptest_config(crate::properties::property_config(64))]

    #[test]
    fn spoken_text_of_any_protocol_is_pronounceable(
        protocol in protocols(), say in "\\PC{0,60}", ask in "\\PC{0,30}", swap in swap_modes(),
    ) {
        let Ok(mut plan) = protocol.to_plan(&Overrides::default()) else { return Ok(()) };
        for phase in &mut plan.phases {
            phase.instruction.clone_from(&say);
            phase.presence_check = Some(ask.clone());
            if let Some(offer) = &mut phase.optional {
                offer.question.clone_from(&ask);
            }
        }
        let mut simulation = SimulatedSession::from_plan(plan, swap, None);
        simulation.tick();
        simulation.run_and_tick(MINUTE);
        for text in all_spoken_texts(&simulation) {
            let character = text.chars().find(|character| UNPRONOUNCEABLE.contains(*character) || character.is_control());
            prop_assert_eq!(character, None, "{}", text);
            prop_assert!(!text.starts_with('-'), "{}", text);
        }
    }
}

#[test]
fn spoken_text_spells_out_units_and_keeps_unclosed_brackets() {
    let spoken = |say: &str| {
        let mut plan = heat_and_cold(60, 60, 1);
        plan.phases[0].instruction = say.into();
        SimulatedSession::from_plan(plan, SwapMode::Auto, None)
            .session
            .announcement(Alert::SessionStart, &FakeClock::at_six_pm().stamp())
            .spoken_text
    };
    for (written, aloud) in [
        (
            "After 20m or 90s, low/medium & covered.",
            "After twenty minutes or ninety seconds, low or medium and covered.",
        ),
        ("At 40 °C → off [D1] (X3).", "At forty C off."),
        ("Warm :( and so on.", "Warm : and so on."),
        ("A ` lost quote. [Off.", "A lost quote. Off."),
        ("Type `easeback next` (or n) now.", "Type now."),
    ] {
        assert_eq!(spoken(written), format!("Heat now, one minute. {aloud}"));
    }
}
