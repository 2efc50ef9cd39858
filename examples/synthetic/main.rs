//! Writes made-up histories: `synthetic FOLDER SESSIONS [--patients N] [--seed N] [--plain]`.
//!
//! Without `--patients`, it writes SESSIONS sessions of one person into FOLDER/history, so that FOLDER can be
//! `EASEBACK_DATA_DIR`. With it, it writes N folders of this form, each with about SESSIONS sessions. `--plain` leaves
//! out what makes a history hard to read: corrections, deleted sessions, later versions, copies, torn lines.

mod history;

use history::{Person, write};
use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let mut positional = Vec::new();
    let mut patients = None;
    let mut seed = 1;
    let mut plain = false;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--patients" => patients = Some(args.next().ok_or("how many patients?")?.parse::<u64>()?),
            "--seed" => seed = args.next().ok_or("which seed?")?.parse()?,
            "--plain" => plain = true,
            _ => positional.push(arg),
        }
    }
    let [folder, sessions] = positional.as_slice() else {
        return Err("synthetic FOLDER SESSIONS [--patients N] [--seed N] [--plain]".into());
    };
    let sessions: u64 = sessions.parse()?;
    for patient in 0..patients.unwrap_or(1) {
        let folder = match patients {
            None => Path::new(folder).join("history"),
            Some(_) => Path::new(folder).join(format!("patient-{patient:04}/history")),
        };
        // Patients differ in their number of sessions.
        let sessions = if patients.is_some() { sessions / 2 + patient % sessions.max(1) } else { sessions };
        write(&folder, &Person { seed: seed + patient, sessions, plain })?;
    }
    Ok(())
}
