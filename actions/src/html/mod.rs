//! Actions over HTML.

mod extract;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(extract::Extract))
}

/// An HTML fragment as plain text: tags gone, entities resolved, blanks folded.
pub fn plain_text(fragment: &str) -> String {
    if !fragment.contains(['<', '&']) {
        return fold_blanks(fragment);
    }
    let document = scraper::Html::parse_fragment(fragment);
    let hidden = |name: &str| matches!(name, "script" | "style");
    let mut text = String::new();
    for node in document.tree.root().descendants() {
        let Some(part) = node.value().as_text() else { continue };
        if !node.ancestors().any(|above| above.value().as_element().is_some_and(|tag| hidden(tag.name()))) {
            text.push_str(part);
            // Words of two blocks must not run into one.
            if node.parent().is_some_and(|above| above.value().as_element().is_some_and(|tag| BLOCKS.contains(&tag.name()))) {
                text.push(' ');
            }
        }
    }
    fold_blanks(&text)
}

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] =
    &["p", "div", "li", "td", "th", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "article", "figcaption"];

/// Runs of blanks and line breaks as one blank, none at the ends.
pub fn fold_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
