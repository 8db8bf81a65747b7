//! The command line: global options and verbs. Each verb's own arguments stand beside its code.

use crate::ui::{ColorChoice, Output};
use crate::verb;
use clap::{Args, Parser, Subcommand};

/// Shown by `sayflow` without arguments.
pub const SHORT_HELP: &str = "\
Sayflow: say what you want automated; it drafts a workflow, proves it on a dry run, and runs it.

  sayflow ask \"sum amount by status in examples/orders.csv and save it to totals.json\" --run
  sayflow run examples/paid-orders.yaml --input status=refunded
  sayflow runs list

All verbs: sayflow --help";

const GLOBAL: &str = "Options of every command";

const EXAMPLES: &str = "\
Examples:
  sayflow ask \"sum amount by status in examples/orders.csv and save it to totals.json\" --run
  sayflow ask \"every weekday at 9 post https://news.example/feed.xml to #news on Slack\"
  sayflow run examples/paid-orders.yaml --input status=refunded

Exit codes: 0 done, 1 failed or cannot, 2 questions open, 3 approval needed,
4 waiting or outcome unknown, 64 usage, 130 cancelled.";

/// Say what you want automated; Sayflow drafts a workflow, proves it on a dry run, and runs it.
#[derive(Debug, Parser)]
#[command(name = "sayflow", version, after_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Options of every command.
#[derive(Debug, Clone, Copy, Args)]
pub struct Global {
    /// The form of results: text, json (one value), or jsonl (one value a line, as things happen)
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM", hide_possible_values = true, help_heading = GLOBAL)]
    pub output: Output,
    /// When to use colours: auto (honours NO_COLOR), always, or never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true, help_heading = GLOBAL)]
    pub color: ColorChoice,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Ask(verb::ask::AskArgs),
    Run(verb::run::RunArgs),
    Validate(verb::validate::ValidateArgs),
    Schema(verb::schema::SchemaArgs),
    Workflows(verb::workflows::WorkflowsArgs),
    Runs(verb::runs::RunsArgs),
    Approve(verb::approve::ApproveArgs),
    Templates(verb::templates::TemplatesArgs),
    Actions(verb::actions::ActionsArgs),
    Credentials(verb::credentials::CredentialsArgs),
    Serve(verb::serve::ServeArgs),
    Backup(verb::backup::BackupArgs),
    Restore(verb::restore::RestoreArgs),
    Doctor(verb::doctor::DoctorArgs),
    Completions(verb::completions::CompletionsArgs),
}

/// The global options as far as they can be read off a command line that clap refused.
pub fn salvage(arguments: impl Iterator<Item = String>) -> Global {
    let mut global = Global { output: Output::default(), color: ColorChoice::default() };
    let arguments: Vec<String> = arguments.collect();
    for (place, argument) in arguments.iter().enumerate() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_str(), arguments.get(place + 1).map(String::as_str)),
        };
        match (name, value) {
            ("--", _) => break,
            ("--output", Some(value)) => global.output = clap::ValueEnum::from_str(value, true).unwrap_or(global.output),
            ("--color", Some(value)) => global.color = clap::ValueEnum::from_str(value, true).unwrap_or(global.color),
            _ => {}
        }
    }
    global
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_shows_examples() {
        for verb in Cli::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("sayflow "), "{} has no examples", verb.get_name());
        }
    }

    #[test]
    fn a_refused_command_line_still_says_in_which_form_to_answer() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>().into_iter();
        assert_eq!(salvage(words("sayflow nosuch --output json")).output, Output::Json);
        assert_eq!(salvage(words("sayflow nosuch --output=jsonl --color never")).color, ColorChoice::Never);
        assert_eq!(salvage(words("sayflow nosuch -- --output json")).output, Output::Text);
    }
}
