//! A whole outline: statements line by line, groups and blocks by their indentation.

use super::clean::statements_of;
use super::lines::{Line, block_head, first_word, lines_of};
use super::modifiers::unquote;
use super::modifiers::{interval, loop_of, plain, words};
use super::names::is_reserved;
use super::scan::scan;
use super::statements::{heading_of, input_of, limits_of, output_of, question_of, step_of};
use super::triggers::trigger_of;
use super::values::on_a_deep_stack;
use super::{Body, LONGEST, LineError, MOST_STEPS, Outline, StepLine, shorten};
use std::collections::BTreeSet;

/// Reads an answer.
///
/// # Errors
/// Every line that cannot be read; never an empty list.
pub fn parse(answer: &str) -> Result<Outline, Vec<LineError>> {
    if answer.len() > LONGEST {
        return Err(vec![whole(format!("the answer has {} characters; {LONGEST} are the most", answer.len()))]);
    }
    on_a_deep_stack(|| read(answer)).unwrap_or_else(|| Err(vec![whole("the answer nests too deeply".to_owned())]))
}

fn read(answer: &str) -> Result<Outline, Vec<LineError>> {
    let (first, text) = statements_of(answer);
    let lines = lines_of(&text, first);
    if lines.is_empty() {
        return Err(vec![whole("there is no outline in the answer; begin with the line: workflow NAME \"what it does\"".to_owned())]);
    }
    let mut reader = Reader::default();
    let mut at = 0;
    while at < lines.len() {
        at = reader.statement(&lines, at, Place::Workflow);
    }
    let mut outline = reader.outline;
    outline.steps = settled(reader.steps, &mut reader.errors);
    outline.on_failure = settled(std::mem::take(&mut outline.on_failure), &mut reader.errors);
    check_ids(&outline, &mut reader.errors);
    let count = outline.walk().len();
    if count > MOST_STEPS {
        reader.errors.push(whole(format!("{count} steps are too many; {MOST_STEPS} are the most")));
    }
    if count == 0 && outline.cannot.is_none() && outline.questions.is_empty() && reader.errors.is_empty() {
        reader.errors.push(whole("there is no step; a step is written like: orders = file.read(path: \"orders.csv\")".to_owned()));
    }
    if reader.errors.is_empty() { Ok(outline) } else { Err(reader.errors) }
}

/// An error about the answer as a whole.
pub(super) fn whole(message: String) -> LineError {
    LineError { line: 0, text: String::new(), message }
}

/// An error about a line.
pub(super) fn at_line(line: &Line, message: String) -> LineError {
    LineError { line: line.number, text: shorten(&line.text, 80), message }
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Workflow,
    /// In a group or a block; its outputs are kept apart.
    Inside,
}

/// Collects statements.
#[derive(Default)]
pub(super) struct Reader {
    /// What stands around the steps.
    pub(super) outline: Outline,
    /// The steps so far.
    pub(super) steps: Vec<StepLine>,
    /// Outputs of the group that is being read.
    outputs: Vec<(String, String)>,
    /// The first step of the last `if` block, for an `else`.
    branch: Option<String>,
    /// What cannot be read.
    pub(super) errors: Vec<LineError>,
}

impl Reader {
    /// Reads the statement of a workflow at a line; returns the line behind it.
    pub(super) fn statement_of_workflow(&mut self, lines: &[Line], at: usize) -> usize {
        self.statement(lines, at, Place::Workflow)
    }

    /// Reads the statement at a line; returns the line behind it.
    fn statement(&mut self, lines: &[Line], at: usize, place: Place) -> usize {
        let line = &lines[at];
        if block_head(&line.text) {
            return self.block(lines, at);
        }
        let word = first_word(&line.text);
        let rest = line.text[word.len()..].trim();
        // `output = file.read(…)` is a step with a bad name, not an output.
        let named = rest.starts_with('=') && word != "workflow";
        let result = match word {
            _ if named => return self.step(lines, at, &line.text, false),
            "on_failure" => {
                let rest = rest.trim_start_matches(':').trim();
                if rest.is_empty() {
                    return self.failure_block(lines, at);
                }
                return self.step(lines, at, rest, true);
            }
            "output" if place == Place::Inside => output_of(rest).map(|output| self.outputs.push(output)),
            _ if line.text.starts_with("no trigger") => Ok(()),
            _ => match self.plain_statement(word, rest) {
                Some(result) => result,
                None => return self.step(lines, at, &line.text, false),
            },
        };
        if let Err(message) = result {
            self.errors.push(at_line(line, message));
        }
        at + 1
    }

    /// A statement that is no step; `None` when it is not one.
    fn plain_statement(&mut self, word: &str, rest: &str) -> Option<Result<(), String>> {
        let outline = &mut self.outline;
        Some(match word {
            "workflow" => {
                (outline.name, outline.description) = heading_of(rest);
                Ok(())
            }
            "trigger" => trigger_of(rest.trim_start_matches(':')).map(|trigger| outline.triggers.extend(trigger)),
            "input" => input_of(rest).map(|(name, schema)| {
                outline.inputs.insert(name, schema);
            }),
            "output" => output_of(rest).map(|output| outline.outputs.push(output)),
            "timezone" => {
                outline.timezone = Some(plain(rest.trim_start_matches(':')));
                Ok(())
            }
            "tags" => {
                outline.tags = words(rest.trim_start_matches(':'));
                Ok(())
            }
            "limits" => limits_of(rest.trim_start_matches(':')).map(|limits| outline.limits = Some(limits)),
            "timeout" => interval(rest.trim_start_matches(':')).map(|timeout| outline.timeout = Some(timeout)),
            "concurrency" => plain(rest.trim_start_matches(':'))
                .parse()
                .map(|count| outline.concurrency = Some(count))
                .map_err(|_| "`concurrency` needs a whole number, such as concurrency 1".to_owned()),
            "note" => {
                outline.notes.push(unquote(rest.trim_start_matches(':').trim()));
                Ok(())
            }
            "ask" => question_of(rest.trim_start_matches(':').trim()).map(|question| outline.questions.push(question)),
            "cannot" => {
                outline.cannot = Some(unquote(rest.trim_start_matches(':').trim()));
                Ok(())
            }
            "suggest" => {
                outline.suggestions.push(unquote(rest.trim_start_matches(':').trim()));
                Ok(())
            }
            _ => return None,
        })
    }

    /// Reads a step whose statement is `text`, at a line; returns the line behind it.
    pub(super) fn step(&mut self, lines: &[Line], at: usize, text: &str, failure: bool) -> usize {
        let line = &lines[at];
        let mut step = match step_of(line, text) {
            Ok(step) => step,
            Err(message) => {
                self.errors.push(at_line(line, message));
                return at + 1;
            }
        };
        let mut next = at + 1;
        if let Body::Group { steps, outputs } = &mut step.body {
            let inside;
            (inside, next) = self.inside(lines, at + 1, line.indent);
            (*steps, *outputs) = inside;
            if steps.is_empty() {
                self.errors
                    .push(at_line(line, "a group needs steps, each on a line of its own below it, with two blanks in front".to_owned()));
            }
        }
        if failure {
            self.outline.on_failure.push(step);
        } else {
            self.steps.push(step);
        }
        next
    }

    /// The steps and outputs that are indented more than their head.
    #[allow(clippy::type_complexity, reason = "steps and outputs of one block, taken apart at once")]
    fn inside(&mut self, lines: &[Line], from: usize, indent: usize) -> ((Vec<StepLine>, Vec<(String, String)>), usize) {
        let outer_steps = std::mem::take(&mut self.steps);
        let outer_outputs = std::mem::take(&mut self.outputs);
        let outer_branch = self.branch.take();
        let mut at = from;
        while at < lines.len() && lines[at].indent > indent && lines[at].text != "}" {
            at = self.statement(lines, at, Place::Inside);
        }
        if lines.get(at).is_some_and(|line| line.text == "}") {
            at += 1;
        }
        self.branch = outer_branch;
        let inside = (std::mem::replace(&mut self.steps, outer_steps), std::mem::replace(&mut self.outputs, outer_outputs));
        (inside, at)
    }

    fn failure_block(&mut self, lines: &[Line], at: usize) -> usize {
        let ((steps, _), next) = self.inside(lines, at + 1, lines[at].indent);
        if steps.is_empty() {
            let message =
                "on_failure needs a step: on_failure tell = slack.send_message(channel: \"#ops\", text: error.message)".to_owned();
            self.errors.push(at_line(&lines[at], message));
        }
        self.outline.on_failure.extend(steps);
        next
    }

    /// `for …:`, `if …:` and `else:` with steps behind or below.
    fn block(&mut self, lines: &[Line], at: usize) -> usize {
        let line = &lines[at];
        let Some((head, behind)) = split_head(&line.text) else {
            self.errors.push(at_line(
                line,
                "this block has no steps; write conditions and loops behind the step: x = …(…) if CONDITION".to_owned(),
            ));
            return at + 1;
        };
        let (mut steps, next) = if behind.is_empty() {
            let ((steps, _), next) = self.inside(lines, at + 1, line.indent);
            (steps, next)
        } else {
            match step_of(line, behind) {
                Ok(step) => (vec![step], at + 1),
                Err(message) => {
                    self.errors.push(at_line(line, message));
                    return at + 1;
                }
            }
        };
        if steps.is_empty() {
            self.errors.push(at_line(line, "this block has no steps".to_owned()));
            return next;
        }
        match first_word(head) {
            "for" => {
                let list = head.trim_start_matches("for").trim_start().trim_start_matches("each").trim();
                steps = vec![looped(line, loop_of(list), steps)];
            }
            "if" => {
                self.branch = steps.first().map(|step| step.id.clone());
                for step in &mut steps {
                    add_condition(step, head["if".len()..].trim());
                }
            }
            // `else` and `elif`.
            word => {
                let Some(branch) = self.branch.clone() else {
                    self.errors.push(at_line(line, "there is no `if` in front of this `else`".to_owned()));
                    return next;
                };
                let condition = head[word.len()..].trim().trim_start_matches("if ").trim();
                for step in &mut steps {
                    step.modifiers.else_of = Some(branch.clone());
                    if !condition.is_empty() {
                        add_condition(step, condition);
                    }
                }
            }
        }
        self.steps.extend(steps);
        next
    }
}

fn add_condition(step: &mut StepLine, condition: &str) {
    step.modifiers.condition = Some(match step.modifiers.condition.take() {
        Some(own) => format!("({condition}) && ({own})"),
        None => condition.to_owned(),
    });
}

/// One step takes the loop itself, several become a group.
fn looped(line: &Line, list: (String, String), mut steps: Vec<StepLine>) -> StepLine {
    if steps.len() == 1 && steps[0].modifiers.for_each.is_none() {
        let mut step = steps.remove(0);
        step.modifiers.for_each = Some(list);
        return step;
    }
    let id = format!("each_{}", list.0.to_lowercase());
    let modifiers = super::Modifiers { for_each: Some(list), ..super::Modifiers::default() };
    StepLine { line: line.number, text: line.text.clone(), id, body: Body::Group { steps, outputs: Vec::new() }, modifiers }
}

/// Parts the head of a block from a step behind its colon.
fn split_head(text: &str) -> Option<(&str, &str)> {
    let scanned = scan(text);
    let colons: Vec<usize> = text.bytes().enumerate().filter(|(at, byte)| *byte == b':' && scanned.is_top(*at)).map(|(at, _)| at).collect();
    let with_step = colons.iter().find(|&&at| super::lines::assignment(text[at + 1..].trim()).is_some());
    let at = with_step.or(colons.last())?;
    Some((text[..*at].trim(), text[at + 1..].trim()))
}

/// Gives every bare `else` its step: the nearest one before it that has a condition.
fn settled(mut steps: Vec<StepLine>, errors: &mut Vec<LineError>) -> Vec<StepLine> {
    let mut last: Option<String> = None;
    for step in &mut steps {
        if step.modifiers.else_of.as_deref() == Some("") {
            step.modifiers.else_of.clone_from(&last);
            if last.is_none() {
                let message = "there is no step with `if` in front of this `else`; write else of ID".to_owned();
                errors.push(LineError { line: step.line, text: shorten(&step.text, 80), message });
            }
        }
        if step.modifiers.condition.is_some() {
            last = Some(step.id.clone());
        }
        if let Body::Group { steps: inner, .. } = &mut step.body {
            *inner = settled(std::mem::take(inner), errors);
        }
    }
    steps
}

fn check_ids(outline: &Outline, errors: &mut Vec<LineError>) {
    let mut seen = BTreeSet::new();
    for step in outline.walk() {
        let mut refuse = |message: String| errors.push(LineError { line: step.line, text: shorten(&step.text, 80), message });
        let id = step.id.as_str();
        let formed = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-');
        if is_reserved(id) {
            refuse(format!("`{id}` means something else in expressions; give the step another name"));
        } else if !formed {
            refuse(format!("`{id}` is no name for a step: use lower-case letters, digits and _"));
        } else if !seen.insert(id) {
            refuse(format!("there are two steps called `{id}`; give each its own name"));
        }
    }
}

#[cfg(test)]
mod tests;
