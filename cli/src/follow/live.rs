//! Progress on a terminal: steps in progress have a moving line at the bottom; when they end, the line stays.

use crate::render::progress::{self, Change, Line, Progress, Stage};
use crate::render::time;
use crate::ui::screen::Screen;
use crate::ui::text;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;

/// The moving lines.
pub(super) struct LiveLines {
    screen: Screen,
    id_width: usize,
    bars: MultiProgress,
    moving: HashMap<String, ProgressBar>,
    over: HashMap<String, Stage>,
}

impl LiveLines {
    pub(super) fn new(screen: Screen, id_width: usize) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { screen, id_width, bars, moving: HashMap::new(), over: HashMap::new() }
    }

    pub(super) fn show(&mut self, change: &Change, progress: &Progress) {
        match change {
            Change::Line(id) => {
                if let Some(line) = progress.line(id) {
                    self.line(line);
                }
            }
            Change::Note(text) => self.note(text),
            Change::CancelRequested(by) => self.note(&super::cancelled_by(by)),
            Change::Finished(stopped) => {
                for line in stopped.iter().filter_map(|id| progress.line(id)) {
                    self.line(line);
                }
            }
        }
    }

    pub(super) fn note(&self, words: &str) {
        let _ = self.bars.println(self.screen.cut(&format!("  {}", self.screen.dim(words))));
    }

    pub(super) fn tick(&self) {
        for bar in self.moving.values() {
            bar.tick();
        }
    }

    fn line(&mut self, line: &Line) {
        if line.stage.is_over() {
            if let Some(bar) = self.moving.remove(&line.id) {
                bar.finish_and_clear();
                self.bars.remove(&bar);
            }
            // Late events of a line that is over (the items of a cancelled loop) need no second line.
            if self.over.insert(line.id.clone(), line.stage.clone()).as_ref() != Some(&line.stage) {
                let _ = self.bars.println(progress::line(line, self.id_width, &self.screen));
            }
            return;
        }
        self.over.remove(&line.id);
        let bar = self.moving.entry(line.id.clone()).or_insert_with(|| {
            let began = std::time::Duration::try_from(progress::running_for(line, jiff::Timestamp::now())).unwrap_or_default();
            let bar = self.bars.add(ProgressBar::new_spinner().with_elapsed(began).with_style(style(&self.screen)));
            bar.set_prefix(text::pad(&text::one_line(&line.id), self.id_width));
            bar
        });
        let room = self.screen.width.saturating_sub(self.id_width.max(text::width(&line.id)) + progress::TOOK_WIDTH + 9);
        bar.set_message(self.screen.cut_to(&progress::details(line, &self.screen), room));
    }
}

/// The pictures of a spinner, the last one for when it has stopped; as wide as the marks of lines that are over.
pub(crate) fn frames(screen: &Screen) -> &'static [&'static str] {
    if screen.unicode {
        &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "]
    } else {
        &["- ", "\\ ", "| ", "/ ", "  "]
    }
}

fn style(screen: &Screen) -> ProgressStyle {
    let template = if screen.color { "  {spinner:.cyan} {prefix}  {took:.dim}  {msg}" } else { "  {spinner} {prefix}  {took}  {msg}" };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("took", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            let elapsed = jiff::SignedDuration::try_from(state.elapsed()).unwrap_or_default();
            let _ = out.write_str(&text::pad(&time::duration(elapsed), progress::TOOK_WIDTH));
        })
        .tick_strings(frames(screen))
}
