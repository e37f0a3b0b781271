//! The desktop app's process; everything is in the library.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    scaiwave_calls::run()
}
