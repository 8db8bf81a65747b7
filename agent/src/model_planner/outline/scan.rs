//! Reads the shape of a line before anything is parsed: what is text, what is code, and how deep each byte is in
//! brackets. Knows as much of JavaScript's surface as that takes, and no more.

/// What a byte of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Inside a quoted text, a template's text, a regular expression or a comment.
    Text,
    /// Code, so many brackets deep. The brackets themselves count as outside.
    Code(u16),
}

/// A text with a mark for each byte.
#[derive(Debug)]
pub struct Scanned {
    /// One for each byte.
    pub marks: Vec<Mark>,
    /// Brackets and template texts that are open at the end.
    pub open: usize,
    /// Where a comment begins that reaches to the end of its line.
    pub comments: Vec<(usize, usize)>,
}

impl Scanned {
    /// Whether a byte is code outside of all brackets.
    pub fn is_top(&self, at: usize) -> bool {
        self.marks.get(at) == Some(&Mark::Code(0))
    }
}

/// Inside a template text, with the depth at which its expression ends.
enum Frame {
    Bracket,
    /// `${` of a template; its `}` goes back into the template's text.
    Hole,
    /// The text of a template.
    Template,
}

/// Marks each byte of a text.
pub fn scan(text: &str) -> Scanned {
    let bytes = text.as_bytes();
    let mut marks = Vec::with_capacity(bytes.len());
    let mut comments = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    // The last byte of code that was no blank: it tells a regular expression from a division.
    let mut before = b'(';
    let mut depth: u16 = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if matches!(frames.last(), Some(Frame::Template)) {
            let length = match byte {
                b'\\' => 2,
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    frames.push(Frame::Hole);
                    depth = depth.saturating_add(1);
                    before = b'(';
                    2
                }
                b'`' => {
                    frames.pop();
                    before = b'`';
                    1
                }
                _ => 1,
            };
            push(&mut marks, Mark::Text, length, bytes.len());
            at += length;
            continue;
        }
        let length = match byte {
            b'"' | b'\'' => quoted(bytes, at),
            b'`' => {
                frames.push(Frame::Template);
                1
            }
            b'/' if is_comment(bytes, at) => {
                let length = line_end(bytes, at) - at;
                comments.push((at, at + length));
                length
            }
            b'#' if depth == 0 && (at == 0 || bytes[at - 1].is_ascii_whitespace()) && is_hash_comment(bytes, at) => {
                let length = line_end(bytes, at) - at;
                comments.push((at, at + length));
                length
            }
            b'/' if begins_pattern(before) => pattern(bytes, at),
            _ => 0,
        };
        if length > 0 {
            let comment = comments.last().is_some_and(|(start, _)| *start == at);
            push(&mut marks, Mark::Text, length, bytes.len());
            at += length;
            if !comment {
                before = b'"';
            }
            continue;
        }
        let closes = match frames.last() {
            Some(Frame::Hole) => byte == b'}',
            Some(Frame::Bracket) => matches!(byte, b')' | b']' | b'}'),
            _ => false,
        };
        if closes {
            frames.pop();
            depth = depth.saturating_sub(1);
        }
        marks.push(Mark::Code(depth));
        if matches!(byte, b'(' | b'[' | b'{') {
            frames.push(Frame::Bracket);
            depth = depth.saturating_add(1);
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
        at += 1;
    }
    Scanned { marks, open: frames.len(), comments }
}

fn push(marks: &mut Vec<Mark>, mark: Mark, length: usize, most: usize) {
    let length = length.min(most.saturating_sub(marks.len()));
    marks.extend(std::iter::repeat_n(mark, length));
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |offset| at + offset)
}

/// The length of a quoted text; it ends at the end of its line at the latest.
fn quoted(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 1,
            b'\n' => return end - at,
            byte if byte == quote => return end + 1 - at,
            _ => {}
        }
        end += 1;
    }
    bytes.len() - at
}

/// `// …` behind a blank or at the beginning; `https://…` is none.
fn is_comment(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1) == Some(&b'/') && (at == 0 || bytes[at - 1].is_ascii_whitespace())
}

/// `# …` with a blank behind it; `#news` is a channel.
fn is_hash_comment(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1).is_none_or(|next| next.is_ascii_whitespace() || *next == b'#')
}

fn begins_pattern(before: u8) -> bool {
    b"(,=:[!&|?{};+-*%<>~^".contains(&before)
}

/// The length of a regular expression; 0 when it does not end on its line.
fn pattern(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    let mut class = false;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 1,
            b'\n' => return 0,
            b'[' => class = true,
            b']' => class = false,
            b'/' if !class => {
                let flags = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                return end + 1 + flags - at;
            }
            _ => {}
        }
        end += 1;
    }
    0
}

/// Cuts a text at a byte wherever it stands as code outside of all brackets.
pub fn split_top(text: &str, separator: u8) -> Vec<&str> {
    let scanned = scan(text);
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == separator && scanned.is_top(at) {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Where the bracket that opens at `at` is closed.
pub fn closing(text: &str, at: usize) -> Option<usize> {
    let scanned = scan(text);
    let Some(Mark::Code(depth)) = scanned.marks.get(at).copied() else { return None };
    (at + 1..text.len()).find(|&end| matches!(text.as_bytes()[end], b')' | b']' | b'}') && scanned.marks[end] == Mark::Code(depth))
}

/// Takes comments out.
pub fn without_comments(text: &str) -> String {
    let scanned = scan(text);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in scanned.comments {
        out.push_str(&text[from..start]);
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        assert_eq!(scan("a(\")\", `(${b(c)}(`, /[(]/)").open, 0);
        assert_eq!(scan("a(\"x\", ").open, 1);
        assert_eq!(scan("a(`x ${b").open, 3);
        assert_eq!(closing("f(a, \")\") if x", 1), Some(8));
        assert_eq!(closing("f(`${g(1)})`)", 1), Some(12));
    }

    #[test]
    fn comments_are_told_from_addresses_and_channels() {
        assert_eq!(without_comments("x = a(url: \"https://a.example\") // why"), "x = a(url: \"https://a.example\") ");
        assert_eq!(without_comments("# note\nx # y"), "\nx ");
        assert_eq!(without_comments("ask \"which?\" choices #ops"), "ask \"which?\" choices #ops");
        assert_eq!(without_comments("a / b // c"), "a / b ");
    }

    #[test]
    fn parts_are_cut_outside_of_brackets_and_texts_only() {
        assert_eq!(split_top("a, f(b, c), \"d, e\", `f, ${g, h}`", b','), ["a", " f(b, c)", " \"d, e\"", " `f, ${g, h}`"]);
    }
}
