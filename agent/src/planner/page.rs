//! Elements of web pages in words: "the links", "all h2 headings", "the page's title", "the prices (css .price)".

use super::chunk::Chunk;
use crate::language::{Entity, Token, TokenKind};

/// Words that speak of a web page.
const PAGE: [&str; 12] =
    ["scrape", "html", "page", "webpage", "website", "site", "heading", "headings", "selector", "css", "crawl", "homepage"];

/// Whether an address is that of a page by its name.
pub fn is_page(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url).to_lowercase();
    path.ends_with(".html") || path.ends_with(".htm")
}

/// "css .price", "selector h2.title": the selector becomes one quoted token, for its dot ends no sentence.
pub fn fold_selectors(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let led = out.last().is_some_and(|last| last.is_any(&["css", "selector", "class"]));
        let exact = out.last().is_some_and(|last| !last.is("class"));
        let opens = tokens[at].is_punct('.')
            || (exact && tokens[at].is_word() && !crate::language::english().is_stop(&tokens[at].norm))
            || matches!(tokens[at].entity(), Some(Entity::Channel(_)));
        if !(led && opens) || tokens[at].is_any(&["selector", "class", "of", "is", "the"]) {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < tokens.len() && tokens[end].start == tokens[end - 1].end && !tokens[end].is_punct(')') && !tokens[end].is_punct(',') {
            end += 1;
        }
        let text: String = tokens[at..end].iter().map(|token| token.text.as_str()).collect();
        out.push(Token {
            kind: TokenKind::Entity(Entity::Quoted(text.clone())),
            norm: text.to_lowercase(),
            stem: String::new(),
            text,
            start: tokens[at].start,
            end: tokens[end - 1].end,
        });
        at = end;
    }
    out
}

/// The elements that are meant: a selector and an attribute. `page` says that a page is known to be spoken of.
pub fn elements(chunk: &mut Chunk, page: bool) -> Option<(String, Option<String>)> {
    if !page && !chunk.tokens.iter().any(|token| token.is_any(&PAGE)) {
        return None;
    }
    selector(chunk).or_else(|| named(chunk))
}

/// A CSS selector in so many words.
fn selector(chunk: &mut Chunk) -> Option<(String, Option<String>)> {
    let at = (0..chunk.len()).find(|&at| {
        let led = (at.saturating_sub(2)..at).any(|place| ["css", "selector", "class", "matching"].contains(&chunk.word(place)));
        chunk.free(at)
            && chunk.tokens[at].quoted().is_some_and(|text| {
                led || text.starts_with('.') || text.starts_with('#') || ["h1", "h2", "h3", "li", "a", "p", "td"].contains(&text)
            })
    })?;
    let mut text = chunk.tokens[at].quoted()?.to_owned();
    // A bare word that is no tag names a class.
    let tag = ["a", "p", "li", "td", "th", "tr", "div", "span", "img", "table", "ul", "body", "main", "article", "section"];
    let bare = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare && !(tag.contains(&text.as_str()) || text.len() == 2 && text.starts_with('h')) {
        text.insert(0, '.');
    }
    let mut start = at;
    while start > 0
        && chunk.free(start - 1)
        && (["css", "selector", "class", "the", "with", "matching", "by", "using"].contains(&chunk.before(start))
            || chunk.tokens[start - 1].is_punct('('))
    {
        start -= 1;
    }
    // The noun before only says what the elements are: "the prices (css .price)".
    while start > 0 && chunk.free(start - 1) && chunk.tokens[start - 1].is_word() && chunk.before(start).ends_with('s') {
        start -= 1;
    }
    let end = at + 1 + usize::from(chunk.tokens.get(at + 1).is_some_and(|token| token.is_punct(')')));
    chunk.take(start..end);
    if ["elements", "element", "tags", "tag", "class", "selector", "nodes"].contains(&chunk.free_word(end)) {
        chunk.take(end..end + 1);
    }
    Some((text, None))
}

/// Elements by their names: tags, headings, links, images, tables, the title.
fn named(chunk: &mut Chunk) -> Option<(String, Option<String>)> {
    const BEHIND: [&str; 9] = ["heading", "headings", "header", "headers", "element", "elements", "tag", "tags", "titles"];
    for at in 0..chunk.len() {
        let word = chunk.free_word(at).to_owned();
        let one = word.trim_end_matches('s');
        let mut length = 1;
        let found = match word.as_str() {
            _ if ["h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "tr", "th", "img", "span"].contains(&one) => {
                length += usize::from(BEHIND.contains(&chunk.free_word(at + 1)));
                (one.to_owned(), None)
            }
            "headings" | "headlines" | "heading" => ("h1, h2, h3".to_owned(), None),
            "links" | "hyperlinks" | "urls" => ("a[href]".to_owned(), Some("href".to_owned())),
            "images" | "pictures" => ("img".to_owned(), Some("src".to_owned())),
            "paragraphs" => ("p".to_owned(), None),
            "bullets" => ("li".to_owned(), None),
            "table" => ("table".to_owned(), None),
            "title"
                if ["page", "page's", "site", "website", "html"].contains(&chunk.before(at))
                    || ["of", "from"].contains(&chunk.word(at + 1)) =>
            {
                ("title".to_owned(), None)
            }
            "list" if chunk.free_word(at + 1) == "items" => {
                length = 2;
                ("li".to_owned(), None)
            }
            _ => continue,
        };
        chunk.take(at..at + length);
        return Some(found);
    }
    None
}

/// Whether a selector names a thing that a page has once.
pub fn single(selector: &str) -> bool {
    ["title", "h1"].contains(&selector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;

    #[test]
    fn elements_are_found_by_name_and_by_selector() {
        let found = |text: &str| {
            let mut chunk = Chunk::new(&fold_selectors(tokenize(text)));
            elements(&mut chunk, true).map(|(selector, attribute)| (selector, attribute.unwrap_or_default()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(found("get all links from the page"), pair("a[href]", "href"));
        assert_eq!(found("scrape the prices (css .price) from there"), pair(".price", ""));
        assert_eq!(found("elements with class \"price\""), pair(".price", ""));
        assert_eq!(found("the h2s"), pair("h2", ""));
        assert_eq!(found("the title of the page"), pair("title", ""));
        assert_eq!(found("save the page"), None);
    }
}
