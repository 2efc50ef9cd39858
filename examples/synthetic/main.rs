//! Writes made-up histories: `synthetic FOLDER SESSIONS [--patients N] [--seed N] [--plain]`.
//!
//! Without `--patients`, SESSIONS sessions of one person into FOLDER/history, so that FOLDER can be
//! `EASEBACK_DATA_DIR`. With it, so many folders of such, each with about SESSIONS. `--plain` leaves out what makes
//! a log hard to read: corrections, deleted sessions, later versions, copies, torn lines.

mod history;

use history::{Person, write};
use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (mut places, mut patients, mut seed, mut plain) = (Vec::new(), None, 1, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--patients" => patients = Some(words.next().ok_or("how many patients?")?.parse::<u64>()?),
            "--seed" => seed = words.next().ok_or("which seed?")?.parse()?,
            "--plain" => plain = true,
            _ => places.push(word),
        }
    }
    let [folder, sessions] = places.as_slice() else {
        return Err("synthetic FOLDER SESSIONS [--patients N] [--seed N] [--plain]".into());
    };
    let sessions: u64 = sessions.parse()?;
    for patient in 0..patients.unwrap_or(1) {
        let folder = match patients {
            None => Path::new(folder).join("history"),
            Some(_) => Path::new(folder).join(format!("patient-{patient:04}/history")),
        };
        // No two patients have the same number of sessions.
        let sessions = if patients.is_some() { sessions / 2 + patient % sessions.max(1) } else { sessions };
        write(&folder, &Person { seed: seed + patient, sessions, plain })?;
    }
    Ok(())
}
