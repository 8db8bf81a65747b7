//! A message as the rules look at it: lower-case words without punctuation and politeness, with the names of saved
//! workflows found in it.

use super::super::known::Known;

/// Words that may come before what is said.
const BEFORE: &[&[&str]] = &[
    &["i", "would", "like", "you", "to"],
    &["i", "would", "like", "to"],
    &["i", "want", "you", "to"],
    &["can", "you", "please"],
    &["could", "you", "please"],
    &["would", "you", "please"],
    &["i", "want", "to"],
    &["id", "like", "to"],
    &["can", "you"],
    &["could", "you"],
    &["will", "you"],
    &["would", "you"],
    &["let", "us"],
    &["alright"],
    &["hello"],
    &["hey"],
    &["hi"],
    &["just"],
    &["lets"],
    &["now"],
    &["ok"],
    &["okay"],
    &["please"],
    &["pls"],
    &["sayflow"],
    &["so"],
    &["then"],
    &["well"],
];

/// Words that may come behind it.
const BEHIND: &[&[&str]] =
    &[&["thank", "you"], &["for", "me"], &["right", "now"], &["immediately"], &["now"], &["please"], &["pls"], &["thanks"], &["then"]];

/// A message for the rules.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Words {
    list: Vec<String>,
    joined: String,
    names: Vec<String>,
    /// The message as it was written.
    raw: String,
}

impl Words {
    /// Looks at a message.
    pub(in super::super) fn of(text: &str, known: &Known) -> Self {
        let plain = text.to_lowercase().replace(['’', '\'', '‘'], "");
        let mut list: Vec<String> = plain.split_whitespace().map(trimmed).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let mut names = Vec::new();
        for workflow in &known.workflows {
            if join_name(&mut list, &workflow.name) && !names.contains(&workflow.name) {
                names.push(workflow.name.clone());
            }
        }
        while let Some(polite) = BEFORE.iter().find(|polite| starts_with(&list, polite) && list.len() > polite.len()) {
            list.drain(..polite.len());
        }
        while let Some(polite) = BEHIND.iter().find(|polite| ends_with(&list, polite) && list.len() > polite.len()) {
            list.truncate(list.len() - polite.len());
        }
        Self { joined: list.join(" "), list, names, raw: text.to_owned() }
    }

    /// How many there are.
    pub(in super::super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The first one.
    pub(in super::super) fn first(&self) -> &str {
        self.list.first().map(String::as_str).unwrap_or_default()
    }

    /// All, without the first.
    pub(in super::super) fn rest(&self) -> &[String] {
        self.list.get(1..).unwrap_or_default()
    }

    /// As one text.
    pub(in super::super) fn joined(&self) -> &str {
        &self.joined
    }

    /// Whether the whole message is one of these.
    pub(in super::super) fn is(&self, whole: &[&str]) -> bool {
        whole.contains(&self.joined.as_str())
    }

    /// Whether one of these words occurs.
    pub(in super::super) fn has(&self, any: &[&str]) -> bool {
        self.list.iter().any(|word| any.contains(&word.as_str()))
    }

    /// Whether every word is in one of the lists or the name of a workflow.
    pub(in super::super) fn only(&self, lists: &[&[&str]]) -> bool {
        self.list.iter().all(|word| self.names.contains(word) || lists.iter().any(|list| list.contains(&word.as_str())))
    }

    /// The one workflow that is named.
    pub(in super::super) fn name(&self) -> Option<&str> {
        match self.names.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// Whether any is named.
    pub(in super::super) fn names_any(&self) -> bool {
        !self.names.is_empty()
    }

    /// The workflow in `run orders-report`: one that is known, or a word behind one of the verbs that looks like a name
    /// and is the only other one.
    pub(in super::super) fn object(&self, verbs: &[&str], fillers: &[&str]) -> Option<String> {
        if !verbs.contains(&self.first()) {
            return None;
        }
        let others: Vec<&str> = self.rest().iter().map(String::as_str).filter(|word| !fillers.contains(word)).collect();
        match others.as_slice() {
            [one] if self.names.iter().any(|name| name == one) || looks_like_name(one) => Some((*one).to_owned()),
            _ => None,
        }
    }

    /// The same without some words, as they were written.
    pub(in super::super) fn without(&self, words: &[String]) -> Self {
        let gone: Vec<String> = words.iter().map(|word| trimmed(&word.to_lowercase()).to_owned()).collect();
        let list: Vec<String> = self.list.iter().filter(|word| !gone.contains(word)).cloned().collect();
        Self { joined: list.join(" "), list, names: self.names.clone(), raw: self.raw.clone() }
    }

    /// Whether it ends in a question mark.
    pub(in super::super) fn is_question(&self) -> bool {
        self.raw.trim_end().ends_with('?')
    }

    /// The message as it was written.
    pub(in super::super) fn raw(&self) -> &str {
        &self.raw
    }
}

/// Whether a word can only be the name of a workflow: `orders-report`, but no path, address or flag.
fn looks_like_name(word: &str) -> bool {
    let inner = word.contains('-') && !word.starts_with('-') && !word.ends_with('-');
    inner
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| matches!(c, '.' | ',' | '!' | ';' | ':' | '?' | '"' | '“' | '”' | '(' | ')' | '`' | '…'))
}

/// Whether a workflow is named; where its name is written with spaces, the words become the name.
fn join_name(list: &mut Vec<String>, name: &str) -> bool {
    if list.iter().any(|word| word == name) {
        return true;
    }
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    if parts.len() < 2 {
        return false;
    }
    let Some(at) = list.windows(parts.len()).position(|window| window.iter().map(String::as_str).eq(parts.iter().copied())) else {
        return false;
    };
    // "an orders report" is a new one.
    if at > 0 && ["a", "an", "another", "any", "each", "every", "new", "some"].contains(&list[at - 1].as_str()) {
        return false;
    }
    list.splice(at..at + parts.len(), [name.to_owned()]);
    true
}

fn starts_with(list: &[String], head: &[&str]) -> bool {
    list.len() >= head.len() && list.iter().zip(head).all(|(word, other)| word == other)
}

fn ends_with(list: &[String], tail: &[&str]) -> bool {
    list.len() >= tail.len() && list[list.len() - tail.len()..].iter().zip(tail).all(|(word, other)| word == other)
}

#[cfg(test)]
mod tests {
    use super::super::super::known::KnownWorkflow;
    use super::*;

    fn known() -> Known {
        let named = |name: &str| KnownWorkflow { name: name.to_owned(), ..KnownWorkflow::default() };
        Known { workflows: vec![named("orders-report"), named("news")], ..Known::default() }
    }

    #[test]
    fn politeness_and_punctuation_are_left_out() {
        let words = Words::of("Ok, could you please run it now? Thanks!", &known());
        assert_eq!(words.joined(), "run it");
        assert_eq!(Words::of("please", &known()).joined(), "please");
        assert_eq!(Words::of("Please run it once, please.", &known()).joined(), "run it once");
    }

    #[test]
    fn workflows_are_found_by_their_names_however_they_are_written() {
        assert_eq!(Words::of("run the orders report", &known()).name(), Some("orders-report"));
        assert_eq!(Words::of("Stop \"news\".", &known()).name(), Some("news"));
        assert_eq!(Words::of("make an orders report", &known()).name(), None);
        assert_eq!(Words::of("run news and orders-report", &known()).name(), None);
        assert_eq!(Words::of("run oders-report", &known()).object(&["run"], &["the"]).as_deref(), Some("oders-report"));
        assert_eq!(Words::of("run ./a-b.sh", &known()).object(&["run"], &["the"]), None);
    }
}
