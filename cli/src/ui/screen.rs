//! What one stream can show: width, colours, characters.

use super::ColorChoice;
use console::{Style, Term};

/// Columns that are used where the width is unknown.
const DEFAULT_WIDTH: usize = 100;
/// Below this, cutting would leave nothing to read.
const NARROWEST: usize = 30;

/// What one stream can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether the stream is a terminal, so that lines may be redrawn and have to be cut at its edge.
    pub terminal: bool,
    /// Whether to colour.
    pub color: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
}

impl Screen {
    /// Looks at a stream.
    pub fn detect(term: &Term, terminal: bool, color: ColorChoice) -> Self {
        let width = if terminal { term.size_checked().map(|(_, columns)| usize::from(columns)) } else { None };
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        Self {
            width: width.unwrap_or(DEFAULT_WIDTH).max(NARROWEST),
            terminal,
            color,
            unicode: !terminal || supports_unicode::supports_unicode(),
        }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        style.force_styling(self.color).apply_to(text).to_string()
    }

    /// Something that matters less.
    pub fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dim(), text)
    }

    /// A heading or a name.
    pub fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// It went well.
    pub fn good(&self, text: &str) -> String {
        self.paint(Style::new().green(), text)
    }

    /// It went badly.
    pub fn bad(&self, text: &str) -> String {
        self.paint(Style::new().red().bold(), text)
    }

    /// It changes something, or wants attention.
    pub fn warn(&self, text: &str) -> String {
        self.paint(Style::new().yellow(), text)
    }

    /// Something a person may type or follow.
    pub fn hint(&self, text: &str) -> String {
        self.paint(Style::new().cyan(), text)
    }

    /// One of two texts, by what can be shown.
    pub fn pick<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.unicode { unicode } else { ascii }
    }

    /// Cuts a line, which may hold colours, at the terminal's edge. Other streams get the whole line.
    pub fn cut(&self, line: &str) -> String {
        if self.terminal { self.cut_to(line, self.width) } else { line.to_owned() }
    }

    /// Cuts a line, which may hold colours, to a number of columns.
    pub fn cut_to(&self, line: &str, columns: usize) -> String {
        console::truncate_str(line, columns, self.pick("…", "...")).into_owned()
    }
}

#[cfg(test)]
pub(crate) mod fixtures {
    use super::Screen;

    /// A terminal without colours.
    pub(crate) fn plain(width: usize) -> Screen {
        Screen { width, terminal: true, color: false, unicode: true }
    }

    /// The same, with nothing but ASCII.
    pub(crate) fn ascii(width: usize) -> Screen {
        Screen { unicode: false, ..plain(width) }
    }

    /// The same, with colours.
    pub(crate) fn colored(width: usize) -> Screen {
        Screen { color: true, ..plain(width) }
    }
}
