//! Changes of a workflow in the language of outlines: `replace`, `add`, `remove`, `rename`, `move`, `set`, `unset`, and
//! statements of an outline for what stands around the steps.

use super::clean::statements_of;
use super::lines::{Line, assignment, first_word, lines_of};
use super::modifiers::{modifiers_of, plain};
use super::parse::{Reader, at_line, whole};
use super::scan::scan;
use super::values::on_a_deep_stack;
use super::{LONGEST, LineError, Modifiers, Outline, StepLine};

/// How a change is written, for those who wrote another.
const FORMS: &str = "write one of: replace ID = …, add after ID: NEW = …, remove ID, rename ID to NEW, set ID.parameter = VALUE, set ID if CONDITION, \
unset ID.parameter, trigger …, no trigger";

/// What an answer wants.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one is made for each answer")]
pub enum Target {
    /// Another workflow altogether.
    Whole(Outline),
    /// Changes of the one that there is.
    Parts(Changes),
}

/// Changes, in the order they were written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// What stands around the steps; its steps are empty.
    pub outline: Outline,
    /// Whether the workflow is to be started by hand from now on.
    pub no_trigger: bool,
    /// The steps.
    pub changes: Vec<(usize, Change)>,
}

impl Changes {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        let said = Outline { notes: Vec::new(), ..self.outline.clone() };
        self.changes.is_empty() && !self.no_trigger && said == Outline::default()
    }
}

/// One change. Steps are named by their id, or by their path (`group/step`).
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A step without a word in front: it takes the place of the one with its id, or is new.
    Step {
        /// The step.
        step: StepLine,
        /// Whether it runs after a failure.
        failure: bool,
    },
    /// A new step.
    Add {
        /// The step.
        step: StepLine,
        /// The group that it goes into, or `on_failure`.
        within: Option<String>,
        /// Where.
        place: Place,
    },
    /// Another step in the place of one; it may have another id.
    Replace {
        /// The one that goes.
        old: String,
        /// The one that comes.
        step: StepLine,
    },
    /// A step goes.
    Remove(String),
    /// An input goes.
    RemoveInput(String),
    /// An output goes.
    RemoveOutput(String),
    /// Another id.
    Rename(String, String),
    /// Another place in its list.
    Move(String, Place),
    /// A value of a step: its parameters' names inwards, and JavaScript.
    SetValue(String, Vec<String>, String),
    /// How a step is done.
    SetModifiers(String, Modifiers),
    /// A parameter or a modifier of a step goes.
    Unset(String, String),
}

/// Where a step goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In front of all others.
    First,
    /// Behind one.
    After(String),
    /// Wherever it fits: behind the last step that it needs.
    Anywhere,
}

/// Reads an answer.
///
/// # Errors
/// Every line that cannot be read; never an empty list.
pub fn parse_change(answer: &str) -> Result<Target, Vec<LineError>> {
    if answer.len() > LONGEST {
        return Err(vec![whole(format!("the answer has {} characters; {LONGEST} are the most", answer.len()))]);
    }
    on_a_deep_stack(|| read(answer)).unwrap_or_else(|| Err(vec![whole("the answer nests too deeply".to_owned())]))
}

fn read(answer: &str) -> Result<Target, Vec<LineError>> {
    let (first, text) = statements_of(answer);
    let lines = lines_of(&text, first);
    let changes_something = |line: &Line| ["replace", "add", "remove", "rename", "move", "set", "unset"].contains(&first_word(&line.text));
    let heading = lines.iter().any(|line| first_word(&line.text) == "workflow");
    let bare = lines.iter().any(|line| assignment(&line.text).is_some());
    if heading && bare && !lines.iter().any(changes_something) {
        return super::parse(answer).map(Target::Whole);
    }
    let mut reader = Reader::default();
    let mut changes = Changes::default();
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        if changes_something(line) && !line.text[first_word(&line.text).len()..].trim_start().starts_with('=') {
            at = match change(&mut reader, &lines, at) {
                Ok((change, next)) => {
                    changes.changes.extend(change.map(|change| (line.number, change)));
                    next
                }
                Err(message) => {
                    reader.errors.push(at_line(line, message));
                    at + 1
                }
            };
            continue;
        }
        changes.no_trigger |= line.text.starts_with("no trigger") || line.text.starts_with("trigger manual");
        at = reader.statement_of_workflow(&lines, at);
        let failures = std::mem::take(&mut reader.outline.on_failure).into_iter().map(|step| (step, true));
        let steps = std::mem::take(&mut reader.steps).into_iter().map(|step| (step, false));
        for (step, failure) in steps.chain(failures) {
            changes.changes.push((step.line, Change::Step { step, failure }));
        }
    }
    changes.outline = reader.outline;
    if reader.errors.is_empty() && changes.is_empty() {
        reader.errors.push(whole(format!("there is no change in the answer; {FORMS}")));
    }
    if reader.errors.is_empty() { Ok(Target::Parts(changes)) } else { Err(reader.errors) }
}

/// One change and the line behind it; `None` where the reader has told of an error itself.
fn change(reader: &mut Reader, lines: &[Line], at: usize) -> Result<(Option<Change>, usize), String> {
    let text = lines[at].text.as_str();
    let word = first_word(text);
    let rest = text[word.len()..].trim();
    let done = |change: Change| Ok((Some(change), at + 1));
    match word {
        "add" => {
            let (place, statement) = placed(rest)?;
            let (within, place) = place_of(place)?;
            let (step, failure, next) = step(reader, lines, at, statement)?;
            let within = within.or(failure.then(|| "on_failure".to_owned()));
            Ok((step.map(|step| Change::Add { step, within, place }), next))
        }
        "replace" => {
            let (named, statement) = placed(rest)?;
            let (step, _, next) = step(reader, lines, at, statement)?;
            let old = named.split_whitespace().next().unwrap_or_default().to_owned();
            Ok((step.map(|step| Change::Replace { old: if old.is_empty() { step.id.clone() } else { old }, step }), next))
        }
        "remove" => match rest.split_once(char::is_whitespace) {
            Some(("input", name)) => done(Change::RemoveInput(plain(name))),
            Some(("output", name)) => done(Change::RemoveOutput(plain(name))),
            Some(("step", id)) => done(Change::Remove(plain(id))),
            Some(_) => Err(format!("`remove` takes the name of one step; {FORMS}")),
            None if rest == "trigger" => Err("write `no trigger` for a workflow that is started by hand".to_owned()),
            None => done(Change::Remove(plain(rest))),
        },
        "rename" => {
            let (from, to) = rest.split_once(" to ").or_else(|| rest.split_once("->")).ok_or("write: rename ID to NEW")?;
            done(Change::Rename(plain(from), plain(to)))
        }
        "move" => {
            let (id, place) = rest.split_once(char::is_whitespace).ok_or("write: move ID after OTHER")?;
            let (_, place) = place_of(place.trim())?;
            done(Change::Move(id.to_owned(), place))
        }
        "set" => set(rest).map(|change| (Some(change), at + 1)),
        "unset" => {
            let (id, what) = rest.split_once(['.', ' ']).ok_or("write: unset ID.parameter, or unset ID retry")?;
            done(Change::Unset(id.trim().to_owned(), plain(what)))
        }
        _ => Err(FORMS.to_owned()),
    }
}

/// The step of a change, whether it belongs to `on_failure`, and the line behind it.
fn step(reader: &mut Reader, lines: &[Line], at: usize, statement: &str) -> Result<(Option<StepLine>, bool, usize), String> {
    let failure = first_word(statement) == "on_failure";
    let statement = if failure { statement["on_failure".len()..].trim_start_matches([':', ' ']) } else { statement };
    let next = reader.step(lines, at, statement, failure);
    let step = reader.steps.pop().or_else(|| reader.outline.on_failure.pop());
    Ok((step, failure, next))
}

/// Parts `after ID: NEW = …` into its place and its step. The colon may be missing.
fn placed(rest: &str) -> Result<(&str, &str), String> {
    let rest = rest.trim_start_matches("step ").trim();
    if assignment(rest).is_some() {
        return Ok(("", rest));
    }
    let scanned = scan(rest);
    let colon = rest.bytes().enumerate().position(|(at, byte)| byte == b':' && scanned.is_top(at));
    let statement = |text: &str| assignment(text.trim_start_matches("on_failure ")).is_some();
    if let Some(at) = colon
        && statement(rest[at + 1..].trim())
    {
        return Ok((rest[..at].trim(), rest[at + 1..].trim()));
    }
    // The last blank behind which a step begins.
    let blanks = rest.bytes().enumerate().filter(|(at, byte)| *byte == b' ' && scanned.is_top(*at)).map(|(at, _)| at);
    match blanks
        .into_iter()
        .find(|at| statement(rest[at + 1..].trim_start()) && !["after", "before", "in"].contains(&first_word(rest[at + 1..].trim_start())))
    {
        Some(at) => Ok((rest[..at].trim(), rest[at + 1..].trim())),
        None => Err("there is no step in it; write: add after ID: NEW = action(…), or: replace ID = action(…)".to_owned()),
    }
}

/// `after ID`, `in GROUP`, `in GROUP after ID`, `first`.
fn place_of(text: &str) -> Result<(Option<String>, Place), String> {
    let mut within = None;
    let mut place = Place::Anywhere;
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let mut next = || words.next().map(plain).ok_or_else(|| format!("`{word}` needs the name of a step"));
        match word {
            "after" | "behind" => place = Place::After(next()?),
            "in" | "within" | "into" => within = Some(next()?),
            "first" => place = Place::First,
            "last" | "end" => {}
            other => return Err(format!("`{other}` says no place; write: add after ID: …, add in GROUP: …, or add first: …")),
        }
    }
    Ok((within, place))
}

fn set(rest: &str) -> Result<Change, String> {
    let scanned = scan(rest);
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'))).unwrap_or(rest.len());
    let target = &rest[..end];
    let behind = rest[end..].trim();
    let (id, path) = match target.split_once('.') {
        Some((id, path)) => (id.to_owned(), path.split('.').map(str::to_owned).collect::<Vec<_>>()),
        None => (target.to_owned(), Vec::new()),
    };
    if id.is_empty() {
        return Err(FORMS.to_owned());
    }
    let assigned = behind.strip_prefix(['=', ':']).filter(|_| scanned.is_top(end)).or_else(|| behind.strip_prefix("to "));
    match (assigned, path.is_empty()) {
        (Some(code), false) => {
            let path = if path.first().is_some_and(|first| first == "with") && path.len() > 1 { path[1..].to_vec() } else { path };
            Ok(Change::SetValue(id, path, code.trim().to_owned()))
        }
        (None, true) if !behind.is_empty() => Ok(Change::SetModifiers(id, modifiers_of(behind)?)),
        _ => Err("write: set ID.parameter = VALUE, or: set ID if CONDITION".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_well(text: &str) -> Changes {
        match parse_change(text) {
            Ok(Target::Parts(changes)) => changes,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_change_is_read() {
        let changes = read_well(
            "```\nadd after large: top = data.limit(items: large.items, count: 5)\nreplace post = slack.send_message(channel: \"#a\", text: \"x\")\n\
             remove extra\nrename old to fresh\nmove a after b\nset post.channel = \"#sales\"\nset post if large.count > 0 retry 3\nunset post.thread_ts\n\
             unset post retry\ntrigger schedule every 1h\nremove input n\nadd in each after detail: z = file.read(path: \"a\")\n\
             on_failure tell = slack.send_message(channel: \"#ops\", text: error.message)\nnote \"Done.\"\n```",
        );
        let kinds: Vec<String> = changes
            .changes
            .iter()
            .map(|(_, change)| format!("{change:?}").split([' ', '(']).next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(
            kinds,
            ["Add", "Replace", "Remove", "Rename", "Move", "SetValue", "SetModifiers", "Unset", "Unset", "RemoveInput", "Add", "Step"]
        );
        assert!(
            matches!(&changes.changes[0].1, Change::Add { step, place: Place::After(id), within: None } if step.id == "top" && id == "large")
        );
        assert!(matches!(&changes.changes[10].1, Change::Add { within: Some(group), .. } if group == "each"));
        assert!(matches!(&changes.changes[11].1, Change::Step { failure: true, .. }));
        assert_eq!((changes.outline.triggers.len(), changes.outline.notes.len()), (1, 1));
    }

    #[test]
    fn a_whole_outline_takes_the_place_of_everything() {
        let answer = "workflow other \"Another.\"\nx = file.read(path: \"a\")";
        assert!(matches!(parse_change(answer), Ok(Target::Whole(outline)) if outline.steps.len() == 1));
        assert!(read_well("no trigger").no_trigger);
    }

    #[test]
    fn a_broken_change_says_what_is_wrong() {
        for (text, wanted) in [
            ("set post", "write: set"),
            ("add something nice = ", "no step in it"),
            ("rename a b", "rename ID to NEW"),
            ("I changed nothing.", "no change"),
            ("remove trigger", "no trigger"),
        ] {
            let errors = parse_change(text).map(|_| ()).unwrap_err();
            assert!(errors[0].message.contains(wanted), "{text}: {errors:?}");
        }
    }
}
