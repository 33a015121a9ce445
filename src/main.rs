//! The program: parse, load, run.

fn main() -> std::process::ExitCode {
    woodblock::cli::run()
}
