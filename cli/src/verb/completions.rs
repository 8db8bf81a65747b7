//! `sayflow completions`: a script that completes verbs and options in a shell.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;
use clap::Args;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  sayflow completions bash > ~/.local/share/bash-completion/completions/sayflow
  sayflow completions zsh > ~/.zfunc/_sayflow";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for the whole command line.
pub fn run(ui: &Ui, args: &CompletionsArgs, mut whole: clap::Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole, "sayflow", &mut script);
    ui.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
