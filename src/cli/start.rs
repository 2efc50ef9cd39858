//! `easeback start`: begins a session, hands it to a timer, and looks on.

use super::{
    Desk, ask,
    before::{self, Before},
    can_ask,
    flags::{Flags, understood},
    past::past,
    plan::said,
    running::{
        Done, Ended, end, found_alone, none_running, running_already, say_what_was_done, seen_now,
        timer_command, wait_until,
    },
    say,
};
use crate::{
    clock,
    config::{Settings as Defaults, Terminal},
    error::{Code, Error, Result},
    history::new_id,
    journal::{Found, Held},
    limits::cautions,
    protocol::Plan,
    record::{Outcome, name_sources},
    session::{Begun, Facts, Session, Settings, VERSION},
    timer,
    view::{self, Closed, Gifts, Signals, Style},
};
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

/// Begin a session
#[derive(Args, Default)]
#[command(after_help = "Example: easeback start ice --pain 6")]
pub struct StartArgs {
    #[command(flatten)]
    pub flags: Flags,
    /// Return to the shell at once; the session goes on
    #[arg(long)]
    detach: bool,
}

impl StartArgs {
    /// Takes from the settings what was not typed.
    pub fn settle(&mut self, defaults: &Defaults, desk: &Desk) {
        self.flags.settle(defaults, &desk.config);
        self.detach |= defaults.start.detach;
    }

    /// Nothing typed: the settings alone.
    ///
    /// # Errors
    /// They have mistakes.
    pub fn untyped(desk: &Desk) -> Result<StartArgs> {
        let mut args = StartArgs::default();
        args.settle(&desk.written()?.settings, desk);
        Ok(args)
    }
}

/// A viewer that began the session ends it when it is told to go; one that came later only closes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened<'a> {
    /// With what was said before: the live screen would hide it.
    ByStart(&'a [String]),
    ByAttach,
}

pub fn run(args: &StartArgs, desk: &Desk) -> Result<ExitCode> {
    // All that the flags alone can get wrong, before anything is touched.
    let flags = args.flags.filled_in(&desk.logs)?;
    let facts = flags.facts(&clock::local())?;
    let protocol = flags.plan(&facts, &[], &clock::now().wall)?.protocol;
    let settings = flags.settings();
    desk.journal.may_be_timed()?;
    if !make_way(desk, !settings.is_rehearsal())? {
        return Ok(ExitCode::SUCCESS);
    }
    let known = past(desk, &settings)?;
    known.warn();
    let signals = Signals::catch().map_err(|why| Error::system("listen for signals", &why))?;
    let unknown = match before::unknown(desk, &flags, &known, &signals)? {
        Before::Begin(unknown) => unknown,
        Before::Leave(code) => return Ok(code),
    };
    known.plan(&flags, &facts, unknown.as_ref(), &clock::now().wall)?;
    let facts = match before::session(desk, &flags, facts, &protocol, &signals)? {
        Before::Begin(facts) => facts,
        Before::Leave(code) => return Ok(code),
    };
    // The person took their time to answer.
    let now = clock::now().wall;
    let (plan, past) = past(desk, &settings)?.plan(&flags, &facts, unknown.as_ref(), &now)?;
    if !settings.is_rehearsal() {
        desk.logs.reserve()?;
    }
    desk.journal.make_folder()?;
    let mut opening = Vec::new();
    if !args.flags.quiet {
        say(&understood(&plan, &settings, &now));
        opening.push(desk.ways().say(&settings, !args.detach));
        opening.extend(cautions(&plan, &past, &now).iter().map(said));
        opening.extend(
            plan.prepare.iter().map(|prepare| format!("Before you begin: {}", name_sources(prepare))),
        );
        opening.iter().for_each(|text| say(text));
    }
    begin(desk, plan, settings, facts)?;
    if args.detach {
        if !args.flags.quiet {
            say("the session runs by itself; `easeback status` shows it, `easeback stop` ends it");
        }
        return Ok(ExitCode::SUCCESS);
    }
    look_on(desk, &signals, style(args, desk), Opened::ByStart(&opening))
}

/// Attaches to the running session; `plain` where lines are wanted whatever the settings say.
pub fn attach(desk: &Desk, plain: bool) -> Result<ExitCode> {
    let (found, watched) = desk.journal.look()?;
    let session = found.ours()?.ok_or_else(none_running)?;
    let mut args = as_set(desk);
    args.flags.plain |= plain;
    let style = style(&args, desk);
    if watched == Some(false) {
        return nobody_times(desk, &session, style);
    }
    let signals = Signals::catch().map_err(|why| Error::system("listen for signals", &why))?;
    look_on(desk, &signals, style, Opened::ByAttach)
}

/// How it is looked on at. Who attaches wants to see it, whatever the settings say of that.
fn as_set(desk: &Desk) -> StartArgs {
    let mut args = StartArgs::default();
    args.settle(desk.settings(), desk);
    args.flags.quiet = false;
    args
}

/// Deals with a session that is there already. Only one that nobody times, or a rehearsal, makes way; false if
/// the person would rather keep it.
fn make_way(desk: &Desk, real: bool) -> Result<bool> {
    let (found, watched) = desk.journal.look()?;
    let nobody_times = watched == Some(false);
    match found {
        Found::Nothing => return Ok(true),
        Found::Foreign(..) => return Err(taken(found)),
        Found::Newer(_) if !nobody_times => return Err(taken(found)),
        Found::Newer(_) | Found::Broken(_) => {}
        Found::Session(session) if !nobody_times => {
            // One that is complete has only waited for an answer.
            if !(session.is_over() || real && session.is_rehearsal()) {
                return Err(running_already(&session));
            }
            end(desk, Some(session.begun().id), None, None)?;
            return Ok(true);
        }
        Found::Session(session) => {
            let matters = !session.is_over() && !session.is_rehearsal();
            if matters && can_ask() && !may_be_settled(*session) {
                return Ok(false);
            }
        }
    }
    let held = desk.journal.lock()?;
    match held.seat()? {
        Some(_seat) => settle_the_rest(&held).map(|()| true),
        None => Err(taken(held.read()?)),
    }
}

/// Asks whether a session that was cut off may be closed.
fn may_be_settled(session: Session) -> bool {
    let snapshot = seen_now(&found_alone(session));
    say(&format!(
        "A session was cut off at {}, in round {} of {}. The pack may have been on since: look at the skin.",
        snapshot.known_until.day_and_time(),
        snapshot.round,
        snapshot.rounds
    ));
    let closes = loop {
        let answer =
            ask("Record it as interrupted and begin a new one? [Y/n]").map(|answer| answer.to_lowercase());
        match answer.as_deref() {
            Some("" | "y" | "yes") => break true,
            None | Some("n" | "no") => break false,
            // It cannot be undone.
            Some(_) => say("y or n?"),
        }
    };
    if !closes {
        say("It is left as it is: `easeback resume` goes on with it.");
    }
    closes
}

/// The refusal when the seat is taken.
fn taken(found: Found) -> Error {
    match found {
        Found::Session(session) => running_already(&session),
        Found::Foreign(_, why) | Found::Newer(why) => Error { code: Code::Running, ..why },
        Found::Nothing | Found::Broken(_) => {
            Error { code: Code::Running, ..Error::failed("another session is just beginning") }
        }
    }
}

/// What a session that nobody times leaves: its record. What cannot be read is set aside, never thrown away.
fn settle_the_rest(held: &Held) -> Result<()> {
    let now = clock::now();
    let set_aside = |what, why| {
        let aside = held.set_aside(what, &now)?;
        say(&format!("warning: {why}; it is now {}", aside.display()));
        Ok(())
    };
    match held.read()?.take_over_if(true) {
        Found::Nothing => Ok(()),
        found @ Found::Foreign(..) => Err(taken(found)),
        Found::Newer(why) => set_aside("newer", why),
        Found::Broken(why) => set_aside("damaged", why),
        Found::Session(session) => {
            if let Some(record) = held.settle(&session, &now)?
                && record.outcome == Outcome::Interrupted
            {
                let started = record.started.day_and_time();
                say(&format!("the session of {started} was cut off; it is recorded as interrupted"));
            }
            Ok(())
        }
    }
}

/// Begins the session: takes the seat, writes the journal, starts the timer.
fn begin(desk: &Desk, plan: Plan, settings: Settings, facts: Facts) -> Result<()> {
    let timer = timer_command(desk)?;
    let held = desk.journal.lock()?;
    let seat = held.seat()?;
    let seat = match (held.read()?, seat) {
        (Found::Nothing, Some(seat)) => seat,
        (found, _) => return Err(taken(found)),
    };
    let now = clock::now();
    let begun = Begun {
        v: VERSION,
        id: new_id(&now.wall),
        machine: desk.config.machine.id.clone(),
        plan,
        settings,
        facts,
    };
    held.create(&Session::begin(begun, &now))?;
    drop(held);
    // If that fails there is no session.
    timer::spawn(timer, &seat).inspect_err(|_| {
        if let Ok(held) = desk.journal.lock() {
            let _ = held.remove();
        }
    })
}

fn style(args: &StartArgs, desk: &Desk) -> Style {
    let screen = io::stdout().is_terminal();
    let Flags { plain, quiet, .. } = args.flags;
    Style {
        live: screen && !plain && !quiet && !desk.config.dumb_terminal,
        quiet,
        bell: screen && args.flags.settings().sound,
        letters_only: desk.config.letters_only,
        gifts: gifts(desk),
    }
}

fn gifts(desk: &Desk) -> Gifts {
    let Terminal { title, progress, .. } = desk.config.terminal;
    Gifts { colours: desk.colours(), title, progress }
}

fn look_on(desk: &Desk, signals: &Signals, style: Style, opened: Opened) -> Result<ExitCode> {
    let by_start = matches!(opened, Opened::ByStart(_));
    let opened = match opened {
        Opened::ByStart(opening) => view::Opened::AtStart(opening),
        Opened::ByAttach => view::Opened::Later,
    };
    match view::run(&desk.journal, style, signals, opened)? {
        Closed::Over(session) => over(desk, &session, style),
        Closed::Unwatched(session) => nobody_times(desk, &session, style),
        Closed::Stop(session) => end_and_say(desk, session, style).map(|()| ExitCode::SUCCESS),
        Closed::Signal(signal, session) if by_start && [SIGINT, SIGTERM].contains(&signal) => {
            let was_over = session.is_over();
            end_and_say(desk, session, style)?;
            Ok(if was_over { ExitCode::SUCCESS } else { before::by_signal(signal) })
        }
        Closed::Vanished => Err(Error::failed("the session's file was removed: nobody is timing it")
            .hint("take the pack off; `easeback history` has what was done, `easeback start` begins anew")),
        Closed::Signal(SIGHUP, _) | Closed::Unread => Ok(ExitCode::SUCCESS),
        Closed::Signal(_, session) if session.is_over() => over(desk, &session, style),
        Closed::Signal(_, session) if desk.journal.is_watched() == Some(false) => {
            nobody_times(desk, &session, style)
        }
        Closed::Signal(..) | Closed::Detached => {
            say("the session goes on; `easeback stop` ends it, `easeback` shows it again");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Ends the session that was shown, and says what it came to.
fn end_and_say(desk: &Desk, session: Box<Session>, style: Style) -> Result<()> {
    let ended = match end(desk, Some(session.begun().id), None, None)? {
        Ended::Now(ended) | Ended::Already(ended) => ended,
        Ended::Gone => session,
    };
    if !style.quiet {
        say_what_was_done(desk, &ended);
    }
    Ok(())
}

/// The session is over, and nobody looks on any more.
fn over(desk: &Desk, session: &Session, style: Style) -> Result<ExitCode> {
    wait_until(Done::Recorded, desk, session)?;
    if !style.quiet {
        say_what_was_done(desk, session);
    }
    Ok(ExitCode::SUCCESS)
}

/// The timer is gone and the journal is still there.
fn nobody_times(desk: &Desk, session: &Session, style: Style) -> Result<ExitCode> {
    if session.is_over() {
        return over(desk, session, style);
    }
    if style.bell && !style.live {
        // The timer had the voice; the screen has rung already.
        let _ = write!(io::stderr(), "\x07");
    }
    let record = if session.is_rehearsal() { "" } else { "; `easeback stop` records what was done" };
    Err(Error::failed("the timer was killed: nobody is timing this session")
        .hint(format!("take the pack off, or go on with `easeback resume`{record}")))
}
