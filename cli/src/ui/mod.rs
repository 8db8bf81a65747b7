//! The two streams of a process and how it speaks on them: results on stdout, everything else on stderr.

pub mod prompt;
pub mod screen;
pub mod text;
pub mod theme;

use crate::exit::Exit;
use crate::failure::Failure;
use screen::Screen;
use serde::Serialize;
use serde_json::Value;
use std::cell::Cell;
use std::io::{self, IsTerminal, Write};

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON value.
    Json,
    /// One JSON value a line, as things happen.
    Jsonl,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether somebody can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A person sits at a terminal and text is what they get.
    Interactive,
    /// A script, a pipe, or JSON output.
    Unattended,
}

/// How this process speaks.
#[derive(Debug)]
pub struct Ui {
    /// The form of results.
    pub output: Output,
    /// What stdout can show.
    pub out: Screen,
    /// What stderr can show.
    pub err: Screen,
    /// Whether somebody can be asked.
    pub presence: Presence,
    reader_gone: Cell<bool>,
}

impl Ui {
    /// Looks at the streams and the environment once.
    pub fn detect(output: Output, color: ColorChoice) -> Self {
        let (stdin, stdout, stderr) = (io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal());
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let presence = if stdin && stderr && !dumb && output == Output::Text { Presence::Interactive } else { Presence::Unattended };
        Self {
            output,
            out: Screen::detect(&console::Term::stdout(), stdout && !dumb, color),
            err: Screen::detect(&console::Term::stderr(), stderr && !dumb, color),
            presence,
            reader_gone: Cell::new(false),
        }
    }

    /// Whether results are text for people.
    pub fn is_text(&self) -> bool {
        self.output == Output::Text
    }

    /// Whether somebody can be asked.
    pub fn is_interactive(&self) -> bool {
        self.presence == Presence::Interactive
    }

    /// Writes to stdout. A reader that has gone away (`| head`) is no error: what is left is dropped.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        if self.reader_gone.get() {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_gone.set(true);
                Ok(())
            }
            Err(error) => Err(Failure::new("stdout", format!("The result could not be written: {error}"))),
            Ok(()) => Ok(()),
        }
    }

    /// Writes one JSON value to stdout: indented for `json`, on one line for `jsonl`.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.output == Output::Jsonl { serde_json::to_string(value)? } else { serde_json::to_string_pretty(value)? };
        self.result(&format!("{}\n", text::escape_json_controls(&text)))
    }

    /// Writes a list: one JSON array for `json`, one value a line for `jsonl`.
    pub fn json_list(&self, values: &[impl Serialize]) -> Result<(), Failure> {
        if self.output == Output::Jsonl { values.iter().try_for_each(|value| self.json(value)) } else { self.json(&values) }
    }

    /// Writes a line to stderr. That nobody reads stderr is no reason to fail.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Says why a verb failed, in the form that was asked for, and hands back the exit code.
    pub fn fail(&self, failure: &Failure) -> Exit {
        if self.is_text() {
            self.note(crate::render::failure::render(failure, &self.err).trim_end_matches('\n'));
        } else {
            let value: Value = failure.to_json();
            if self.json(&value).is_err() {
                self.note(&failure.message);
            }
        }
        failure.exit
    }
}
