//! The entry point: everything else is in the library, where the tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    easeback::cli::main()
}
