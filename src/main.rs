//! The doorbell.

use std::process::ExitCode;

fn main() -> ExitCode {
    easeback::cli::main()
}
