//! Takes the statements out of an answer: fences, prose around them and thoughts of the model are left out.

use super::lines::begins_statement;

/// The part of an answer that holds statements, with the number of its first line in the answer.
pub fn statements_of(answer: &str) -> (usize, String) {
    let answer = without_thoughts(answer);
    if let Some((first, block)) = fenced(&answer) {
        return (first, block);
    }
    let lines: Vec<&str> = answer.lines().collect();
    let known = |line: &&str| begins_statement(line);
    let Some(first) = lines.iter().position(known) else { return (1, String::new()) };
    let last = last_line(&lines, first);
    (first + 1, lines[first..=last].join("\n"))
}

/// The last line that belongs to the statements: what follows an empty line and begins none is prose.
fn last_line(lines: &[&str], first: usize) -> usize {
    let last_statement = lines.iter().rposition(|line| begins_statement(line)).unwrap_or(first);
    let mut last = last_statement;
    // A statement may go on over several lines while brackets are open.
    while last + 1 < lines.len() && super::scan::scan(&lines[last_statement..=last].join("\n")).open > 0 {
        last += 1;
    }
    last
}

/// Reasoning that some models put in front of an answer.
fn without_thoughts(answer: &str) -> String {
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")] {
        if let Some(end) = answer.rfind(close) {
            // Empty lines keep the numbers of the lines that follow.
            let hidden = &answer[..end + close.len()];
            let begins = answer.find(open).unwrap_or(0).min(end);
            let gone = hidden[begins..].matches('\n').count();
            return format!("{}{}{}", &answer[..begins], "\n".repeat(gone), &answer[end + close.len()..]);
        }
    }
    answer.to_owned()
}

/// The fenced block with the most statements.
fn fenced(answer: &str) -> Option<(usize, String)> {
    let mut best: Option<(usize, usize, String)> = None;
    let mut open: Option<(usize, Vec<&str>)> = None;
    let mut keep = |first: usize, block: Vec<&str>| {
        let count = block.iter().filter(|line| begins_statement(line)).count();
        if count > 0 && best.as_ref().is_none_or(|(most, ..)| count >= *most) {
            best = Some((count, first, block.join("\n")));
        }
    };
    for (at, line) in answer.lines().enumerate() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            match open.take() {
                Some((first, block)) => keep(first, block),
                None => open = Some((at + 2, Vec::new())),
            }
        } else if let Some((_, block)) = &mut open {
            block.push(line);
        }
    }
    // An answer that was cut off has no closing fence.
    if let Some((first, block)) = open {
        keep(first, block);
    }
    best.map(|(_, first, block)| (first, block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_prose_and_thoughts_are_left_out() {
        let plain = "workflow a\nx = file.read(path: \"a\")";
        for (answer, line) in [
            (plain.to_owned(), 1),
            (format!("Sure, here it is:\n```sayflow\n{plain}\n```\nTell me if it fits."), 3),
            (format!("<think>\nx = nothing.good()\n</think>\n{plain}"), 4),
            (format!("Here:\n\n{plain}\n\nThis reads a file."), 3),
            (format!("```\n{plain}"), 2),
        ] {
            assert_eq!(statements_of(&answer), (line, plain.to_owned()), "{answer}");
        }
        assert_eq!(statements_of("I would rather not.").1, "");
    }
}
