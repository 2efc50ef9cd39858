//! The command line: what was typed, resolved into values, handed to the rooms.
//!
//! Each command's arguments, help and action live in one file below this one. Data goes to stdout, talk to
//! stderr; every failure is one `error:` line, one `hint:` line and the exit code of DESIGN's table.

mod bare;
mod before;
mod config;
mod debug;
mod drive;
mod flags;
mod guide;
pub mod history;
mod log;
mod output;
mod past;
mod period;
mod plan;
mod protocols;
mod quick;
mod report;
mod running;
mod start;
mod stats;
mod status;
mod stop;
mod usage;

use crate::{
    alert::{Ways, become_another},
    clock,
    config::{Config, Settings, Writable, Written},
    error::{Error, Result},
    history::{Gaps, Logs, Unread, sum_up},
    journal::{Found, Journal},
    protocol::Kind,
    report::{Look, Palette, harmless},
    timer,
    view::{self, Colours},
};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::{Args, Parser, Subcommand};
use std::{
    cell::OnceCell,
    ffi::OsString,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

const HELP: &str = "\
{about}

{usage-heading} {usage}

Start and follow:
  start      Begin a session: 20 min heat, 10 min cold, three times
  attach     Follow the running session in this window
  status     Show the running session
  plan       Show what a session would do, with clock times

During a session, from any window:
  pause      Pause the session: take the pack off
  resume     Go on after a pause, or after the timer was killed
  next       Confirm the swap: the new pack is on
  skip       End this phase early
  extend     Give this phase more time
  more       Add rounds at the end
  pain       Note how much it hurts, 0 to 10
  note       Add a note to the record
  stop       End the session and record what was done

Look back:
  history    List, show, correct, import and export past sessions
  log        Write down how you are, or a session that was not timed
  stats      Add up the past: sessions, heat and cold, pain, episodes
  report     Write a page for your physiotherapist, to print or to send

Set up and read:
  protocols  List, show or write session plans
  config     Show your settings, or write a file for them
  guide      Read what to do now, when to get help, and more
  help       Show the help of a command

Options:
{options}

Has your back just gone out? Type `easeback start`.
Try it out in 90 seconds: `easeback start --rehearse`.
";

/// Time heat and cold for a bad back: alerts, and a record of each session
#[derive(Parser)]
#[command(name = "easeback", version, help_template = HELP, max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    everywhere: Everywhere,
}

/// What every command takes.
#[derive(Args)]
struct Everywhere {
    /// Use colors: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true, display_order = 900)]
    color: Option<clap::ColorChoice>,
}

#[derive(Subcommand)]
enum Command {
    /// Begin a session: 20 min heat, 10 min cold, three times
    Start(Box<start::StartArgs>),
    /// Show the running session
    Status(status::StatusArgs),
    #[command(flatten)]
    Drive(drive::Drive),
    /// End the session and record what was done
    Stop(stop::StopArgs),
    /// Follow the running session in this window
    #[command(after_help = "Examples:\n  easeback attach\n  easeback attach --plain")]
    Attach {
        /// Plain lines, for screen readers and logs
        #[arg(long)]
        plain: bool,
    },
    /// Show what a session would do, with clock times
    Plan(Box<plan::PlanArgs>),
    Protocols(protocols::ProtocolsArgs),
    Config(config::ConfigArgs),
    /// List, show, correct, import and export past sessions
    History(Box<history::HistoryArgs>),
    /// Write down how you are, or a session that was not timed
    Log(Box<log::LogArgs>),
    Stats(stats::StatsArgs),
    Report(report::ReportArgs),
    Guide(guide::GuideArgs),
    /// Time the session; started by `start`
    #[command(hide = true)]
    Timer,
}

/// Runs the program.
pub fn main() -> ExitCode {
    // What whoever started this program has open beside the standard streams (a lock, a pipe) is theirs: a session
    // that kept it would keep them waiting to its end. Marked, it reaches nothing that is started from here.
    close_fds::set_fds_cloexec(3, &[]);
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(code) = become_another(&words) {
        return code;
    }
    if crate::config::wants_debug() {
        debug::show();
    }
    let parse = || Cli::try_parse().map_err(|answer| usage::explain(&answer, &words));
    let result = quick::parse(&words).map_or_else(parse, Ok);
    let done = match result {
        Ok(cli) => {
            cli.everywhere.color.map(of_clap).into_iter().for_each(ColorChoice::write_global);
            run(cli)
        }
        Err(usage::Outcome::Shown) => Ok(ExitCode::SUCCESS),
        Err(usage::Outcome::Wrong(error)) => Err(error),
    };
    done.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::from(error.code as u8)
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let desk = Desk::new(crate::config::read()?);
    if cli.everywhere.color.is_none() && !desk.config.terminal.says_colours {
        // A file that cannot be used is for those to complain about who need it.
        desk.written().unwrap_or_default().settings.output.color.write_global();
    }
    match cli.command {
        None => bare::run(&desk),
        Some(Command::Start(mut args)) => {
            args.settle(&desk.written()?.settings, &desk);
            start::run(&args, &desk)
        }
        Some(Command::Status(args)) => status::run(&args, &desk),
        Some(Command::Drive(typed)) => drive::run(typed, &desk),
        Some(Command::Attach { plain }) => start::attach(&desk, plain),
        Some(Command::Stop(args)) => stop::run(args, &desk),
        Some(Command::Plan(mut args)) => {
            args.flags.settle(&desk.written()?.settings, &desk.config);
            plan::run(&args, &desk)
        }
        Some(Command::Config(args)) => config::run(&args, &desk),
        Some(Command::Protocols(args)) => protocols::run(&args, &desk),
        Some(Command::History(args)) => {
            desk.tidy();
            let answer = history::run(&args, &desk.logs, &clock::local(), &desk.look())?;
            print(&answer.stdout)?;
            answer.warnings.iter().for_each(|warning| say(warning));
            if let Some(hint) = &answer.hint {
                say_hint(hint);
            }
            Ok(if answer.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Some(Command::Log(args)) => log::run(&args, &desk),
        Some(Command::Stats(args)) => stats::run(&args, &desk),
        Some(Command::Report(args)) => report::run(&args, &desk),
        Some(Command::Guide(args)) => guide::run(&args, &desk),
        Some(Command::Timer) => timer::run(&desk.journal, &desk.ways()).map(|()| ExitCode::SUCCESS),
    }
}

/// What the commands work on.
struct Desk {
    config: Config,
    journal: Journal,
    logs: Logs,
    /// The settings that hold, once they were asked for.
    settings: OnceCell<Settings>,
}

impl Desk {
    fn new(config: Config) -> Desk {
        let Writable { data, state, .. } = config.writable.clone();
        let logs = Logs::new(config.history.clone(), &config.machine.log)
            .writable(data)
            .keeping(config.machine.clone());
        let journal = Journal::new(
            config.state.clone(),
            config.machine.id.clone(),
            clock::boot().to_owned(),
            logs.clone(),
        )
        .writable(state);
        Desk { config, journal, logs, settings: OnceCell::new() }
    }

    /// The person's settings. Only what begins something asks for them: a mistake in them stops nothing else.
    fn written(&self) -> Result<Written> {
        crate::config::written(&self.config.settings)
    }

    /// The settings for what goes on in any case: where the file cannot be used, defaults, and one complaint.
    fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| match self.written() {
            Ok(written) => written.settings,
            Err(wrong) => {
                let what = harmless(&wrong.what);
                say(&format!("warning: {what}; nothing of it holds, `easeback config` says more"));
                Settings::default()
            }
        })
    }

    /// How the person is told.
    fn ways(&self) -> Ways {
        let Settings { sound, speech, hooks, .. } = self.settings().clone();
        Ways { sound, speech, hooks, folder: self.config.state.clone(), path: self.config.path.clone() }
    }

    /// The colors that the terminal shows; none where nobody wants them.
    fn colours(&self) -> Colours {
        match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => Colours::None,
            _ if self.config.terminal.many_colours => Colours::Many,
            _ => Colours::Sixteen,
        }
    }

    /// How standard output is drawn on.
    fn look(&self) -> Look {
        let colours = self.colours();
        let palette = match colours {
            Colours::None => Palette::default(),
            _ => Palette {
                heading: Style::new().bold(),
                heat: view::style_of(Kind::Heat, colours),
                cold: view::style_of(Kind::Cold, colours),
                completed: Style::new().fg_color(Some(AnsiColor::Green.into())),
                interrupted: Style::new().bold(),
                dimmed: Style::new().dimmed(),
            },
        };
        let width = io::stdout().is_terminal().then(|| view::width_of(io::stdout()));
        Look { width, plain: self.config.letters_only, palette }
    }

    /// Tries again to record a session that is over and could not be: its journal waits for that. Says so if
    /// it fails again; no command fails because of it.
    fn tidy(&self) {
        if self.journal.may_be_timed().is_err() {
            return; // It is not ours to tidy.
        }
        if let Err(why) = running::settle_what_is_over(self) {
            complain(&why);
        }
    }

    /// Reads the journal, after that, and asks whether somebody times the session, where that can be told.
    fn look_tidied(&self) -> Result<(Found, Option<bool>)> {
        self.tidy();
        self.journal.look()
    }
}

/// Prints what was asked for. A reader who went away has seen enough; a full disk has not.
fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(Error::system("write the output", &why)),
        _ => Ok(()),
    }
}

/// Prints talk. A closed stderr is no reason to stop.
fn say(text: &str) {
    if !io::stderr().is_terminal() {
        let _ = writeln!(anstream::stderr(), "{text}");
        return;
    }
    let options = view::between_words(view::width_of(io::stderr()));
    let _ = writeln!(anstream::stderr(), "{}", textwrap::fill(text, options));
}

/// Says which lines of the history could not be read.
fn say_unread(unread: &[Unread]) {
    if let Some(what) = sum_up(unread) {
        say(&harmless(&what));
    }
}

/// Warns of what could not be read of the history, before something goes on without it.
fn warn_of(gaps: &Gaps) {
    gaps.said().iter().for_each(|what| say(&format!("warning: {}", harmless(what))));
    if let Some(hint) = gaps.hint() {
        say_hint(hint);
    }
}

fn complain(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    say(&format!("{red}error:{red:#} {}", harmless(&error.what)));
    // Drawn as wide as it may be: it is not for wrapping, and was made harmless.
    if let Some(picture) = &error.picture {
        let _ = writeln!(anstream::stderr(), "\n{picture}\n");
    }
    if let Some(hint) = &error.hint {
        say_hint(hint);
    }
}

fn say_hint(hint: &str) {
    let bold = Style::new().bold();
    say(&format!("{bold}hint:{bold:#} {}", harmless(hint)));
}

fn of_clap(choice: clap::ColorChoice) -> ColorChoice {
    match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
}

/// Whether somebody is there to be asked.
fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question on the terminal; the answer, or none at the end of input.
fn ask(question: &str) -> Option<String> {
    let mut err = anstream::stderr().lock();
    write!(err, "{question} ").and_then(|()| err.flush()).ok()?;
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer).ok()?;
    (read > 0).then(|| answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_has_a_line_for_every_command() {
        let command = Cli::command();
        let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
        let line =
            |shown: &clap::Command| format!("  {:<9}  {}", shown.get_name(), shown.get_about().unwrap());
        let missing: Vec<String> =
            shown.map(line).filter(|line| !HELP.lines().any(|there| there == line)).collect();
        assert_eq!(missing, [""; 0]);
        let hidden: Vec<&str> = command
            .get_subcommands()
            .filter(|command| command.is_hide_set())
            .map(clap::Command::get_name)
            .collect();
        assert_eq!(hidden, ["timer"]);
        assert!(!HELP.contains("\n  timer"));
    }

    #[test]
    fn help_names_all_words_of_an_argument_that_has_a_few() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                for word in
                    argument.get_possible_values().iter().filter(|_| argument.get_action().takes_values())
                {
                    let name = word.get_name();
                    assert!(help.contains(name), "{} {}: {name}", command.get_name(), argument.get_id());
                }
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
