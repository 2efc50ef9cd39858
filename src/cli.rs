//! The command line: what was typed, resolved into values, handed to the rooms.
//!
//! Each command's arguments, help and action live in one file below this one. Data goes to stdout, talk to
//! stderr; every failure is one `error:` line, one `hint:` line and the exit code of DESIGN's table.

mod clap_errors;
mod config;
mod control;
mod date_range;
mod debug;
mod default;
mod fast_args;
mod flags;
mod guide;
pub mod history;
mod known_past;
mod live;
mod log;
mod output_file;
mod plan;
mod preflight;
mod protocols;
mod report;
mod start;
mod stats;
mod status;
mod stop;

use crate::{
    alert::{AlertConfig, exec_if_requested},
    clock,
    config::{Environment, LoadedConfig, UserSettings, WritePermissions},
    error::{Error, Result},
    history::{Gaps, HistoryFolder, UnreadableLines, summarize_lines},
    journal::{Journal, JournalState},
    protocol::PhaseKind,
    report::{OutputFormat, Palette, sanitize},
    timer,
    view::{self, ColorDepth},
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
    command: Option<CliCommand>,
    #[command(flatten)]
    global_args: GlobalArgs,
}

/// What every command takes.
#[derive(Args)]
struct GlobalArgs {
    /// Use colors: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true, display_order = 900)]
    color: Option<clap::ColorChoice>,
}

#[derive(Subcommand)]
enum CliCommand {
    /// Begin a session: 20 min heat, 10 min cold, three times
    Start(Box<start::StartArgs>),
    /// Show the running session
    Status(status::StatusArgs),
    #[command(flatten)]
    Control(control::ControlCommand),
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
    if let Some(code) = exec_if_requested(&words) {
        return code;
    }
    if crate::config::wants_debug() {
        debug::show();
    }
    let parse = || Cli::try_parse().map_err(|answer| clap_errors::convert_clap_error(&answer, &words));
    let result = fast_args::parse(&words).map_or_else(parse, Ok);
    let done = match result {
        Ok(cli) => {
            cli.global_args.color.map(to_anstream_color).into_iter().for_each(ColorChoice::write_global);
            run(cli)
        }
        Err(clap_errors::ClapOutcome::HelpPrinted) => Ok(ExitCode::SUCCESS),
        Err(clap_errors::ClapOutcome::UsageError(error)) => Err(error),
    };
    done.unwrap_or_else(|error| {
        print_error(&error);
        ExitCode::from(error.exit_code as u8)
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let desk = AppContext::new(crate::config::read_environment()?);
    if cli.global_args.color.is_none() && !desk.config.terminal.has_color_preference {
        // A file that cannot be used is for those to complain about who need it.
        desk.load_config().unwrap_or_default().settings.output.color.write_global();
    }
    match cli.command {
        None => default::run(&desk),
        Some(CliCommand::Start(mut args)) => {
            args.apply_defaults(&desk.load_config()?.settings, &desk);
            start::run(&args, &desk)
        }
        Some(CliCommand::Status(args)) => status::run(&args, &desk),
        Some(CliCommand::Control(typed)) => control::run(typed, &desk),
        Some(CliCommand::Attach { plain }) => start::attach_to_session(&desk, plain),
        Some(CliCommand::Stop(args)) => stop::run(args, &desk),
        Some(CliCommand::Plan(mut args)) => {
            args.flags.apply_defaults(&desk.load_config()?.settings, &desk.config);
            plan::run(&args, &desk)
        }
        Some(CliCommand::Config(args)) => config::run(&args, &desk),
        Some(CliCommand::Protocols(args)) => protocols::run(&args, &desk),
        Some(CliCommand::History(args)) => {
            desk.retry_finalize();
            let answer = history::run(&args, &desk.logs, &clock::local_time(), &desk.output_format())?;
            print_stdout(&answer.stdout)?;
            answer.warnings.iter().for_each(|warning| print_stderr(warning));
            if let Some(hint) = &answer.hint {
                say_hint(hint);
            }
            Ok(if answer.has_failures { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Some(CliCommand::Log(args)) => log::run(&args, &desk),
        Some(CliCommand::Stats(args)) => stats::run(&args, &desk),
        Some(CliCommand::Report(args)) => report::run(&args, &desk),
        Some(CliCommand::Guide(args)) => guide::run(&args, &desk),
        Some(CliCommand::Timer) => {
            timer::run(&desk.journal, &desk.alert_config()).map(|()| ExitCode::SUCCESS)
        }
    }
}

/// What the commands work on.
struct AppContext {
    config: Environment,
    journal: Journal,
    logs: HistoryFolder,
    /// The settings that hold, once they were asked for.
    settings: OnceCell<UserSettings>,
}

impl AppContext {
    fn new(config: Environment) -> AppContext {
        let WritePermissions { data, state, .. } = config.writable.clone();
        let logs = HistoryFolder::new(config.history_folder.clone(), &config.machine.log_name)
            .with_write_permission(data)
            .with_machine(config.machine.clone());
        let journal = Journal::new(
            config.state_folder.clone(),
            config.machine.id.clone(),
            clock::boot_id().to_owned(),
            logs.clone(),
        )
        .with_write_permission(state);
        AppContext { config, journal, logs, settings: OnceCell::new() }
    }

    /// The person's settings. Only what begins something asks for them: a mistake in them stops nothing else.
    fn load_config(&self) -> Result<LoadedConfig> {
        crate::config::load_config(&self.config.config_file)
    }

    /// The settings for what goes on in any case: where the file cannot be used, defaults, and one complaint.
    fn settings_or_default(&self) -> &UserSettings {
        self.settings.get_or_init(|| match self.load_config() {
            Ok(written) => written.settings,
            Err(wrong) => {
                let what = sanitize(&wrong.message);
                print_stderr(&format!("warning: {what}; nothing of it holds, `easeback config` says more"));
                UserSettings::default()
            }
        })
    }

    /// How the person is told.
    fn alert_config(&self) -> AlertConfig {
        let UserSettings { sound, speech, hooks, .. } = self.settings_or_default().clone();
        AlertConfig {
            sound,
            speech,
            hooks,
            sound_folder: self.config.state_folder.clone(),
            program_search_path: self.config.search_path.clone(),
        }
    }

    /// The colors that the terminal shows; none where nobody wants them.
    fn color_depth(&self) -> ColorDepth {
        match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => ColorDepth::Monochrome,
            _ if self.config.terminal.has_256_colors => ColorDepth::Ansi256,
            _ => ColorDepth::Ansi16,
        }
    }

    /// How standard output is drawn on.
    fn output_format(&self) -> OutputFormat {
        let colours = self.color_depth();
        let palette = match colours {
            ColorDepth::Monochrome => Palette::default(),
            _ => Palette {
                heading: Style::new().bold(),
                heat: view::style_for_kind(PhaseKind::Heat, colours),
                cold: view::style_for_kind(PhaseKind::Cold, colours),
                completed: Style::new().fg_color(Some(AnsiColor::Green.into())),
                interrupted: Style::new().bold(),
                dimmed: Style::new().dimmed(),
            },
        };
        let width = io::stdout().is_terminal().then(|| view::terminal_width(io::stdout()));
        OutputFormat { width, plain: self.config.ascii_only, palette }
    }

    /// Tries again to record a session that is over and could not be: its journal waits for that. Says so if
    /// it fails again; no command fails because of it.
    fn retry_finalize(&self) {
        if self.journal.require_writable().is_err() {
            return; // It is not ours to tidy.
        }
        if let Err(why) = live::finalize_finished_session(self) {
            print_error(&why);
        }
    }

    /// Reads the journal, after that, and asks whether somebody times the session, where that can be told.
    fn read_journal_and_timer(&self) -> Result<(JournalState, Option<bool>)> {
        self.retry_finalize();
        self.journal.read_with_timer_state()
    }
}

/// Prints what was asked for. A reader who went away has seen enough; a full disk has not.
fn print_stdout(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(Error::system("write the output", &why)),
        _ => Ok(()),
    }
}

/// Prints talk. A closed stderr is no reason to stop.
fn print_stderr(text: &str) {
    if !io::stderr().is_terminal() {
        let _ = writeln!(anstream::stderr(), "{text}");
        return;
    }
    let options = view::wrap_options(view::terminal_width(io::stderr()));
    let _ = writeln!(anstream::stderr(), "{}", textwrap::fill(text, options));
}

/// Says which lines of the history could not be read.
fn print_unread_warnings(unread: &[UnreadableLines]) {
    if let Some(what) = summarize_lines(unread) {
        print_stderr(&sanitize(&what));
    }
}

/// Warns of what could not be read of the history, before something goes on without it.
fn warn_of_gaps(gaps: &Gaps) {
    gaps.to_messages().iter().for_each(|what| print_stderr(&format!("warning: {}", sanitize(what))));
    if let Some(hint) = gaps.hint() {
        say_hint(hint);
    }
}

fn print_error(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    print_stderr(&format!("{red}error:{red:#} {}", sanitize(&error.message)));
    // Drawn as wide as it may be: it is not for wrapping, and was made harmless.
    if let Some(picture) = &error.snippet {
        let _ = writeln!(anstream::stderr(), "\n{picture}\n");
    }
    if let Some(hint) = &error.hint {
        say_hint(hint);
    }
}

fn say_hint(hint: &str) {
    let bold = Style::new().bold();
    print_stderr(&format!("{bold}hint:{bold:#} {}", sanitize(hint)));
}

fn to_anstream_color(choice: clap::ColorChoice) -> ColorChoice {
    match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
}

/// Whether somebody is there to be asked.
fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question on the terminal; the answer, or none at the end of input.
fn prompt_line(question: &str) -> Option<String> {
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
