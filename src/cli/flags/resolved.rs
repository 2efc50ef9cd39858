//! What a session is to be: flags, settings and, with `--again`, the last session, resolved once.
//!
//! After this nothing looks at a flag or at the protocol's file again. The plan is laid out here; what comes later
//! only fits it to the past and the moment.

use super::{SessionFlags, parse_onset};
use crate::{
    cli::{AppContext, protocols::find_protocol},
    clock,
    config::{StartDefaults, UserSettings},
    error::{Error, Result},
    limits,
    protocol::{DEFAULT_PROTOCOL, Overrides, PhaseKind, Plan, Protocol},
    record::SessionRecord,
    session::{Intake, SessionSettings},
    time::WallTime,
};
use std::path::{Path, PathBuf};

/// A session that may be started, as far as the choices alone decide.
pub(crate) struct Resolved {
    pub(crate) request: Request,
    /// Laid out without a past; [`Resolved::fit`] makes of it the plan that runs.
    layout: Plan,
    pub(crate) settings: SessionSettings,
    pub(crate) intake: Intake,
    pub(crate) interaction: Interaction,
    /// What was typed, without the settings' values: for hints.
    typed: Overrides,
    config_file: PathBuf,
}

/// What is asked for, by value: a plan can be laid out from it without a file.
pub(crate) struct Request {
    pub(crate) protocol: Protocol,
    pub(crate) overrides: Overrides,
}

/// How much is shown and asked.
#[derive(Clone, Copy)]
pub(crate) struct Interaction {
    pub(crate) plain: bool,
    pub(crate) quiet: bool,
    pub(crate) skip_questions: bool,
}

impl SessionFlags {
    /// Resolves what was typed, and takes from the settings what was not.
    ///
    /// # Errors
    /// A name is unknown, a limit is exceeded whatever was done before, or there is no last session to repeat.
    pub(crate) fn resolve(&self, config: &UserSettings, context: &AppContext) -> Result<Resolved> {
        let flags = self.fill_from_last_session(&context.history)?;
        // With --again the plan comes from the last session, not from the settings.
        let defaults = if flags.again { StartDefaults::default() } else { config.start.clone() };
        let now = clock::local_time();
        let onset = flags.onset.as_deref().map(|typed| parse_onset(typed, &now)).transpose()?;
        let config_file = &context.environment.config_file;
        let configured = defaults.protocol.as_deref().filter(|_| flags.protocol.is_none());
        let name = flags.protocol.as_deref().or(configured).unwrap_or(DEFAULT_PROTOCOL);
        let protocol = find_protocol(name, &context.environment.protocols_folder)
            .map_err(|error| name_config_file(config_file, configured.is_some(), error))?;
        let typed = Overrides {
            heat: flags.heat,
            cold: flags.cold,
            rounds: flags.rounds,
            first_kind: flags.first,
            onset,
        };
        let overrides = add_defaults(&typed, &defaults, &protocol);
        let lay_out = |overrides| limits::lay_out(&protocol, overrides, flags.allow_long);
        let layout = lay_out(&overrides)
            .map_err(|error| name_config_file(config_file, lay_out(&typed).is_ok(), error))?;
        let UserSettings { start, alert_channels: channels, .. } = config;
        Ok(Resolved {
            settings: SessionSettings {
                swap: flags.swap.or(defaults.swap).unwrap_or_default(),
                allow_long: flags.allow_long,
                rehearsal_speed: flags.rehearse,
                notify: channels.notify && !flags.no_notify,
                sound: channels.sound && !flags.no_sound,
                speak: channels.speak && !flags.no_speak,
            },
            interaction: Interaction {
                plain: flags.plain || start.plain,
                quiet: flags.quiet || start.quiet,
                skip_questions: flags.skip_questions || start.skip_questions,
            },
            request: Request { protocol, overrides },
            layout,
            intake: Intake {
                tz: clock::time_zone().iana_name().map(str::to_owned),
                pain: flags.pain,
                region: flags.region.or_else(|| start.region.clone()),
                side: flags.side.or_else(|| start.side.clone()),
                trigger: flags.trigger,
                onset,
                note: flags.note,
                answers: None,
            },
            typed,
            config_file: config_file.clone(),
        })
    }
}

impl Resolved {
    /// The plan at this moment, within the limits that the earlier sessions (newest first) leave.
    ///
    /// # Errors
    /// It is too soon after them.
    pub(crate) fn fit(&self, past: &[SessionRecord], now: &WallTime) -> Result<Plan> {
        let Request { protocol, overrides } = &self.request;
        let fit = |layout| limits::fit_to_past(layout, overrides.onset, past, now);
        fit(self.layout.clone()).map_err(|error| {
            let without_config = limits::lay_out(protocol, &self.typed, self.settings.allow_long);
            name_config_file(&self.config_file, without_config.and_then(fit).is_ok(), error)
        })
    }
}

/// Adds the settings' values to what was typed. Values that this protocol does not take are left out: the settings are
/// for all protocols.
fn add_defaults(typed: &Overrides, defaults: &StartDefaults, protocol: &Protocol) -> Overrides {
    let has = |kind| protocol.all_steps().any(|step| step.kind == kind);
    let can_begin_with =
        |first_kind| protocol.to_plan(&Overrides { first_kind, ..Overrides::default() }).is_ok();
    let can_repeat = limits::max_rounds(protocol).value > 1;
    Overrides {
        heat: typed.heat.or(defaults.heat.filter(|_| has(PhaseKind::Heat))),
        cold: typed.cold.or(defaults.cold.filter(|_| has(PhaseKind::Cold))),
        rounds: typed.rounds.or(defaults.rounds.filter(|_| can_repeat)),
        first_kind: typed.first_kind.or(defaults.first_kind.filter(|kind| can_begin_with(Some(*kind)))),
        onset: typed.onset,
    }
}

/// Names the settings file in the hint if a value in it caused the error.
fn name_config_file(config_file: &Path, is_from_config: bool, error: Error) -> Error {
    match error.hint.clone().filter(|_| is_from_config) {
        Some(hint) => error.with_hint(format!("{hint}; the value is set in {}", config_file.display())),
        None => error,
    }
}
