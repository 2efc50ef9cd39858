//! The command line: parses the arguments, resolves them with the settings, and runs the command.
//!
//! Each command has a file below this one with its arguments, help text and action. This layer may use every other
//! module; only `main.rs` uses it. Data goes to stdout and messages to stderr. A failure prints one `error:` line and
//! one `hint:` line, and sets the exit code of DESIGN's table.

mod clap_errors;
mod config;
mod control;
mod date_range;
mod debug_log;
mod default;
mod fast_args;
mod flags;
mod guide;
pub mod history;
mod known_past;
mod live;
mod manual_entry;
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
  start      Start a session: by default 20 min heat, 10 min cold, 3 rounds
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
  pain       Record how much it hurts, 0 to 10
  note       Add a note to the record
  stop       End the session and save what you did

Look back:
  history    List, show, correct, import and export past sessions
  log        Add a diary entry, or a session that was not timed
  stats      Show totals: sessions, heat and cold, pain
  report     Write a page for your physiotherapist, to print or to send

Set up and read:
  protocols  List, show or write session plans
  config     Show your settings, or write a settings file
  guide      Read what to do now, when to get help, and more
  help       Show the help of a command

Options:
{options}

Has your back just gone out? Type `easeback start`. To try it, add --rehearse.
Without a command, `easeback` shows the running session, or offers to start one.
";

/// Time heat and cold for a bad back, with alerts and a record of each session
#[derive(Parser)]
#[command(name = "easeback", version, help_template = HELP, max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    global_args: GlobalArgs,
}

/// The options that every command takes.
#[derive(Args)]
struct GlobalArgs {
    /// Use colors: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true, display_order = 900)]
    color: Option<clap::ColorChoice>,
}

#[derive(Subcommand)]
enum CliCommand {
    /// Start a session: by default 20 min heat, 10 min cold, 3 rounds
    Start(Box<start::StartArgs>),
    /// Show the running session
    Status(status::StatusArgs),
    #[command(flatten)]
    Control(control::ControlCommand),
    /// End the session and save what you did
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
    /// Add a diary entry, or a session that was not timed
    Log(Box<manual_entry::LogArgs>),
    Stats(stats::StatsArgs),
    Report(report::ReportArgs),
    Guide(guide::GuideArgs),
    /// Time the session; started by `start`
    #[command(hide = true)]
    Timer,
}

/// Runs the program with the process's arguments, and returns its exit code.
pub fn main() -> ExitCode {
    // Descriptors that this process inherited (a lock, a pipe) must not pass to the timer: a process that waits for them to
    // close would wait until the session ends. Close-on-exec keeps them from every child process.
    close_fds::set_fds_cloexec(3, &[]);
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(code) = exec_if_requested(&args) {
        return code;
    }
    if crate::config::wants_debug() {
        debug_log::enable();
    }
    let full_parse =
        || Cli::try_parse().map_err(|clap_error| clap_errors::convert_clap_error(&clap_error, &args));
    let result = match fast_args::parse(&args).map_or_else(full_parse, Ok) {
        Ok(cli) => {
            if let Some(choice) = cli.global_args.color {
                to_anstream_color(choice).write_global();
            }
            run(cli)
        }
        Err(clap_errors::ClapOutcome::HelpPrinted) => Ok(ExitCode::SUCCESS),
        Err(clap_errors::ClapOutcome::UsageError(error)) => Err(error),
    };
    result.unwrap_or_else(|error| {
        print_error(&error);
        ExitCode::from(error.exit_code as u8)
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let context = AppContext::new(crate::config::read_environment()?);
    if cli.global_args.color.is_none() && !context.environment.terminal.has_color_preference {
        // A settings file that cannot be used is reported by the commands that need it.
        context.load_config().unwrap_or_default().settings.output.color.write_global();
    }
    match cli.command {
        None => default::run(&context),
        Some(CliCommand::Start(args)) => start::run(&args, &context),
        Some(CliCommand::Status(args)) => status::run(&args, &context),
        Some(CliCommand::Control(command)) => control::run(command, &context),
        Some(CliCommand::Attach { plain }) => start::attach_to_session(&context, plain),
        Some(CliCommand::Stop(args)) => stop::run(args, &context),
        Some(CliCommand::Plan(args)) => plan::run(&args, &context),
        Some(CliCommand::Config(args)) => config::run(&args, &context),
        Some(CliCommand::Protocols(args)) => protocols::run(&args, &context),
        Some(CliCommand::History(args)) => {
            context.retry_finalize();
            let output =
                history::run(&args, &context.history, &clock::local_time(), &context.output_format())?;
            print_stdout(&output.stdout)?;
            for warning in &output.warnings {
                print_stderr(warning);
            }
            if let Some(hint) = &output.hint {
                print_hint(hint);
            }
            Ok(if output.has_failures { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Some(CliCommand::Log(args)) => manual_entry::run(&args, &context),
        Some(CliCommand::Stats(args)) => stats::run(&args, &context),
        Some(CliCommand::Report(args)) => report::run(&args, &context),
        Some(CliCommand::Guide(args)) => guide::run(&args, &context),
        Some(CliCommand::Timer) => {
            timer::run(&context.journal, &context.alert_config()).map(|()| ExitCode::SUCCESS)
        }
    }
}

/// What the commands work on: the environment, the running session's journal, and the history.
struct AppContext {
    environment: Environment,
    journal: Journal,
    history: HistoryFolder,
    /// Cache of [`AppContext::load_config`].
    config: OnceCell<Result<LoadedConfig>>,
    /// Cache of [`AppContext::settings_or_default`].
    settings: OnceCell<UserSettings>,
}

impl AppContext {
    fn new(environment: Environment) -> AppContext {
        let WritePermissions { data, state, .. } = environment.writable.clone();
        let history = HistoryFolder::new(environment.history_folder.clone(), &environment.machine.log_name)
            .with_write_permission(data)
            .with_machine(environment.machine.clone());
        let journal = Journal::new(
            environment.state_folder.clone(),
            environment.machine.id.clone(),
            clock::boot_id().to_owned(),
            history.clone(),
        )
        .with_write_permission(state);
        AppContext { environment, journal, history, config: OnceCell::new(), settings: OnceCell::new() }
    }

    /// Reads the settings file, once. Only commands that begin something fail on a mistake in it.
    fn load_config(&self) -> Result<LoadedConfig> {
        self.config.get_or_init(|| crate::config::load_config(&self.environment.config_file)).clone()
    }

    /// The settings; where the file cannot be used, the defaults, with one warning on stderr.
    fn settings_or_default(&self) -> &UserSettings {
        self.settings.get_or_init(|| match self.load_config() {
            Ok(config) => config.settings,
            Err(error) => {
                let message = sanitize(&error.message);
                print_stderr(&format!(
                    "warning: {message}; none of it is used: type `easeback config` to see why"
                ));
                UserSettings::default()
            }
        })
    }

    fn alert_config(&self) -> AlertConfig {
        let UserSettings { sound, speech, hooks, .. } = self.settings_or_default().clone();
        AlertConfig {
            sound,
            speech,
            hooks,
            sound_folder: self.environment.state_folder.clone(),
            program_search_path: self.environment.search_path.clone(),
        }
    }

    /// The colors that stdout's terminal shows; monochrome where colors are switched off.
    fn color_depth(&self) -> ColorDepth {
        match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => ColorDepth::Monochrome,
            _ if self.environment.terminal.has_256_colors => ColorDepth::Ansi256,
            _ => ColorDepth::Ansi16,
        }
    }

    /// Width, characters and colors of standard output.
    fn output_format(&self) -> OutputFormat {
        let color_depth = self.color_depth();
        let palette = match color_depth {
            ColorDepth::Monochrome => Palette::default(),
            _ => Palette {
                heading: Style::new().bold(),
                heat: view::style_for_kind(PhaseKind::Heat, color_depth),
                cold: view::style_for_kind(PhaseKind::Cold, color_depth),
                completed: Style::new().fg_color(Some(AnsiColor::Green.into())),
                interrupted: Style::new().bold(),
                dimmed: Style::new().dimmed(),
            },
        };
        let width = io::stdout().is_terminal().then(|| view::terminal_width(io::stdout()));
        OutputFormat { width, ascii_only: self.environment.ascii_only, palette }
    }

    /// Tries again to record a finished session whose journal is still there because recording it failed. Prints a
    /// second failure as an error; no command fails because of it.
    fn retry_finalize(&self) {
        if self.journal.require_writable().is_err() {
            return;
        }
        if let Err(error) = live::finalize_finished_session(self) {
            print_error(&error);
        }
    }

    /// Retries the recording of a finished session, then reads the journal and whether a timer runs the session
    /// (`None`: unknown).
    fn read_journal_and_timer(&self) -> Result<(JournalState, Option<bool>)> {
        self.retry_finalize();
        self.journal.read_with_timer_state()
    }
}

/// Prints a command's data. A closed pipe is no error; a full disk is one.
fn print_stdout(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::system("write the output", &error))
        }
        _ => Ok(()),
    }
}

/// Prints a message, wrapped to the terminal's width. A closed stderr is ignored.
fn print_stderr(text: &str) {
    if !io::stderr().is_terminal() {
        let _ = writeln!(anstream::stderr(), "{text}");
        return;
    }
    let options = view::wrap_options(view::terminal_width(io::stderr()));
    let _ = writeln!(anstream::stderr(), "{}", textwrap::fill(text, options));
}

/// Names the lines of the history that could not be read.
fn print_unread_warnings(unread: &[UnreadableLines]) {
    if let Some(summary) = summarize_lines(unread) {
        print_stderr(&sanitize(&summary));
    }
}

/// Names the files and lines of the history that a command goes on without.
fn warn_of_gaps(gaps: &Gaps) {
    for message in gaps.to_messages() {
        print_stderr(&format!("warning: {}", sanitize(&message)));
    }
    if let Some(hint) = gaps.hint() {
        print_hint(hint);
    }
}

fn print_error(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    print_stderr(&format!("{red}error:{red:#} {}", sanitize(&error.message)));
    // Printed unwrapped; it was sanitized when it was built.
    if let Some(snippet) = &error.snippet {
        let _ = writeln!(anstream::stderr(), "\n{snippet}\n");
    }
    if let Some(hint) = &error.hint {
        print_hint(hint);
    }
}

fn print_hint(hint: &str) {
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

/// Whether questions can be asked on this terminal.
fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question on the terminal; `None` at the end of input.
fn prompt_line(question: &str) -> Option<String> {
    let mut stderr = anstream::stderr().lock();
    write!(stderr, "{question} ").and_then(|()| stderr.flush()).ok()?;
    let mut answer = String::new();
    let byte_count = io::stdin().read_line(&mut answer).ok()?;
    (byte_count > 0).then(|| answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_has_a_line_for_every_command() {
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
        let expected_line = |command: &clap::Command| {
            format!("  {:<9}  {}", command.get_name(), command.get_about().unwrap())
        };
        let missing: Vec<String> = visible
            .map(expected_line)
            .filter(|expected| !HELP.lines().any(|line| line == expected))
            .collect();
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
    fn the_help_of_an_argument_names_all_its_possible_values() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                for value in
                    argument.get_possible_values().iter().filter(|_| argument.get_action().takes_values())
                {
                    let name = value.get_name();
                    assert!(help.contains(name), "{} {}: {name}", command.get_name(), argument.get_id());
                }
            }
            for subcommand in command.get_subcommands() {
                check(subcommand);
            }
        }
        check(&Cli::command());
    }
}
