//! Lists as tables without lines: a heading, aligned columns, one row an entry.

use crate::ui::screen::Screen;
use crate::ui::text;
use comfy_table::{Attribute, Cell, ContentArrangement, Row, Table};

/// A table. Ends with a line break; `empty` is what stands there instead of a table without rows.
pub fn render(headings: &[&str], rows: Vec<Vec<String>>, empty: &str, screen: &Screen) -> String {
    if rows.is_empty() {
        return format!("{empty}\n");
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_truncation_indicator(screen.pick("…", "..."));
    if screen.terminal {
        let width = u16::try_from(screen.width).unwrap_or(u16::MAX);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if screen.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase()).add_attribute(Attribute::Dim)));
    for row in rows {
        let mut row = Row::from(row.iter().map(|cell| Cell::new(text::one_line(cell))).collect::<Vec<_>>());
        row.max_height(1);
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().fold(String::new(), |mut rendered, line| {
        rendered.push_str(line.trim_end());
        rendered.push('\n');
        rendered
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec![
                "http.request".to_owned(),
                "write".to_owned(),
                "Sends an HTTP request and hands back status, headers and the parsed body of the answer".to_owned(),
            ],
            vec!["data.sort".to_owned(), "none".to_owned(), "Sorts\u{1b}[31m".to_owned()],
        ]
    }

    #[test]
    fn cells_are_cut_at_the_terminals_edge_and_whole_elsewhere() {
        insta::assert_snapshot!("table_60", render(&["id", "effect", "title"], rows(), "Nothing.", &plain(60)));
        let piped = Screen { terminal: false, ..plain(60) };
        assert!(render(&["id", "effect", "title"], rows(), "Nothing.", &piped).contains("parsed body of the answer"));
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(render(&["id"], Vec::new(), "No runs yet.", &plain(60)), "No runs yet.\n");
    }
}
