//! Progress where lines cannot be redrawn: one line when a step ends, is tried again or begins to wait.

use crate::render::progress::{self, Change, Line, Progress, Stage};
use crate::ui::screen::Screen;
use std::collections::HashMap;
use std::io::Write;

/// Lines on stderr.
pub(super) struct PlainLines {
    screen: Screen,
    id_width: usize,
    told: HashMap<String, Stage>,
}

impl PlainLines {
    pub(super) fn new(screen: Screen, id_width: usize) -> Self {
        Self { screen, id_width, told: HashMap::new() }
    }

    pub(super) fn show(&mut self, change: &Change, progress: &Progress) {
        match change {
            Change::Line(id) => self.line(id, progress),
            Change::Note(text) => self.note(text),
            Change::CancelRequested(by) => self.note(&super::cancelled_by(by)),
            Change::Finished(stopped) => stopped.iter().for_each(|id| self.line(id, progress)),
        }
    }

    fn line(&mut self, id: &str, progress: &Progress) {
        // The pauses of a loop's items would be many lines without news.
        let worth_telling = |line: &&Line| line.stage.is_over() || (line.stage != Stage::Running && line.items.is_none());
        let Some(line) = progress.line(id).filter(worth_telling) else { return };
        if self.told.insert(id.to_owned(), line.stage.clone()).as_ref() != Some(&line.stage) {
            self.write(&progress::line(line, self.id_width, &self.screen));
        }
    }

    pub(super) fn note(&self, text: &str) {
        self.write(&format!("  {text}"));
    }

    fn write(&self, line: &str) {
        // Progress is a courtesy: that nobody reads stderr is no reason to fail.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}
