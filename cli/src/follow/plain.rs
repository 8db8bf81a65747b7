//! Progress where lines cannot be redrawn: one line when a step ends, is tried again or begins to wait.

use crate::render::progress::{self, Change, Progress, Stage};
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
            Change::Finished(stopped) => stopped.iter().for_each(|id| self.line(id, progress)),
        }
    }

    fn line(&mut self, id: &str, progress: &Progress) {
        let Some(line) = progress.line(id).filter(|line| line.stage != Stage::Running) else { return };
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
