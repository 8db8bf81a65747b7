//! Headers, query parameters and bearer tokens of a web request, said in words beside its address: "with the header
//! X-Team: blue", "with query parameter q=rust", "using bearer token …". They are taken out of the text before it is
//! read, and put into the request for that address.

use regex::Regex;
use std::sync::LazyLock;

/// What goes along with a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOptions {
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// Query parameters.
    pub query: Vec<(String, String)>,
}

#[allow(clippy::expect_used, reason = "constant patterns, compiled by the tests")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("constant pattern")
}

static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)[,(]?\s*\b(?:with|using|and|send|sending|set|setting|include|including)?\s*(?:(?:the|a|an)\s+)?(?:http\s+|request\s+)?headers?\s+(?:called\s+|named\s+)?["']?([A-Za-z][A-Za-z0-9-]*)["']?\s*(?::|=|\bset to\b|\bto\b|\bwith (?:the )?value\b)\s*(?:"([^"]*)"|'([^']*)'|([^\s,;")]+))["')]?"#,
    )
});

static HEADER_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)[,(]?\s*\b(?:with|using|and)\s+(?:(?:the|a|an)\s+)?["']?([A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*)\s*:\s*(?:"([^"]*)"|'([^']*)'|([^\s,;"')]+))["')]?(?:\s+(?:as\s+(?:a\s+|an\s+)?)?(?:http\s+)?header\b\)?)"#,
    )
});

static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)[,(]?\s*\b(?:with|using|and|via|by)\s+(?:(?:the|a|an|my)\s+)?(?:bearer\s+)(?:auth(?:entication|orization)?\s+)?(?:token\s+|key\s+)?["']?([A-Za-z0-9][\w.~+/=-]*)["']?\)?"#,
    )
});

static QUERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)[,(]?\s*\b(?:with|using|and|passing|adding)\s+(?:(?:the|a|an)\s+)?(?:(?:query|url|get|search)\s+)(?:strings?\s+|param(?:eter)?s?\s+)?((?:["']?[A-Za-z_][\w.-]*["']?\s*(?:=|\bset to\b)\s*(?:"[^"]*"|'[^']*'|[^\s,;"')]+)(?:\s*(?:,|&|and|,\s*and)\s*)?)+)\)?"#,
    )
});

static PARAMS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)[,(]?\s*\b(?:with|using|and|passing|adding)\s+(?:(?:the|a|an)\s+)?param(?:eter)?s?\s+((?:["']?[A-Za-z_][\w.-]*["']?\s*(?:=|\bset to\b)\s*(?:"[^"]*"|'[^']*'|[^\s,;"')]+)(?:\s*(?:,|&|and|,\s*and)\s*)?)+)\)?"#,
    )
});

static PAIR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)["']?([A-Za-z_][\w.-]*)["']?\s*(?:=|\bset to\b)\s*(?:"([^"]*)"|'([^']*)'|([^\s,;"'&)]+))"#));

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)https?://[^\s<>"']+"#));

fn value(found: &regex::Captures<'_>, from: usize) -> String {
    (from..from + 3).find_map(|group| found.get(group)).map_or("", |part| part.as_str()).trim_end_matches(['.', '!', '?']).to_owned()
}

/// Takes what goes along with requests out of a text. It belongs to the address before it in the text, or to the only
/// one.
pub fn take(text: &str) -> (String, Vec<(String, RequestOptions)>) {
    let mut out = text.to_owned();
    let mut options: Vec<(String, RequestOptions)> = Vec::new();
    if !ADDRESS.is_match(text) {
        return (out, options);
    }
    for (kind, regex) in [(0, &*HEADER), (0, &*HEADER_BEHIND), (1, &*BEARER), (2, &*QUERY), (2, &*PARAMS)] {
        while let Some(found) = regex.captures(&out) {
            let whole = found.get(0).map_or(0..0, |whole| whole.range());
            let Some(url) = address_before(&out, whole.start) else { break };
            let mut add = RequestOptions::default();
            match kind {
                0 => add.headers.push((found[1].to_owned(), value(&found, 2))),
                1 => add.headers.push(("Authorization".to_owned(), format!("Bearer {}", found[1].trim_end_matches('.')))),
                _ => add.query.extend(PAIR.captures_iter(&found[1]).map(|pair| (pair[1].to_owned(), value(&pair, 2)))),
            }
            // "and" behind the pairs belongs to what follows.
            let tail = if out[whole.clone()].trim_end().to_lowercase().ends_with(" and") { " and " } else { " " };
            out.replace_range(whole, tail);
            match options.iter_mut().find(|(known, _)| *known == url) {
                Some((_, known)) => {
                    known.headers.extend(add.headers);
                    known.query.extend(add.query);
                }
                None => options.push((url, add)),
            }
        }
    }
    (out, options)
}

fn address_before(text: &str, place: usize) -> Option<String> {
    let clean = |found: regex::Match<'_>| found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', ')']).to_owned();
    let before = ADDRESS.find_iter(text).take_while(|found| found.start() < place).last();
    before.or_else(|| ADDRESS.find(text)).map(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(String, String)>;

    fn taken(text: &str) -> (String, Pairs, Pairs) {
        let (rest, options) = take(text);
        let options = options.into_iter().next().map(|(_, options)| options).unwrap_or_default();
        (rest.split_whitespace().collect::<Vec<_>>().join(" "), options.headers, options.query)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn headers_tokens_and_parameters_are_taken_out() {
        for (text, rest, headers, query) in [
            (
                "get https://a.example/x with the header X-Team: blue and save it",
                "get https://a.example/x and save it",
                pairs(&[("X-Team", "blue")]),
                vec![],
            ),
            (
                "get https://a.example/x using bearer token abc123, save to o.json",
                "get https://a.example/x , save to o.json",
                pairs(&[("Authorization", "Bearer abc123")]),
                vec![],
            ),
            (
                "get https://a.example/x with query parameter q=rust and save it",
                "get https://a.example/x and save it",
                vec![],
                pairs(&[("q", "rust")]),
            ),
            (
                "GET https://a.example/x with Accept: application/json header, count them",
                "GET https://a.example/x , count them",
                pairs(&[("Accept", "application/json")]),
                vec![],
            ),
            (
                "get https://a.example/x with params a=1 and b=2 and post it",
                "get https://a.example/x and post it",
                vec![],
                pairs(&[("a", "1"), ("b", "2")]),
            ),
            ("count the headers in a.csv", "count the headers in a.csv", vec![], vec![]),
        ] {
            assert_eq!(taken(text), (rest.to_owned(), headers, query), "{text}");
        }
    }
}
