//! What models are told of a conversation, however long it is: a bounded number of the newest messages, and of all that
//! came before one sentence that is made by rule.

use std::collections::VecDeque;
use std::fmt::Write as _;

/// So many of the newest messages are told.
const RECENT: usize = 8;
/// The longest message that is told whole, in characters; of longer ones the beginning is.
const LONGEST: usize = 400;
/// So many names of drafts are told.
const NAMES: usize = 5;

/// What was said before, in short. Its size is bounded, whatever the length of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digest {
    /// The newest messages, oldest first, without the one that is being answered.
    pub recent: Vec<Said>,
    /// What came before these.
    pub earlier: Option<String>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who said it.
    pub who: Who,
    /// What, shortened. It may hold what outsiders wrote, where the agent said it.
    pub text: String,
    /// What it came to, in words of ours: such as `drafted rust-news`. For the person's own messages it is their text.
    pub gist: String,
}

/// The two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The person.
    Person,
    /// The agent.
    Agent,
}

/// What is kept of the messages while a thread is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    recent: VecDeque<Said>,
    /// How many of the person's messages are no longer among the recent ones.
    forgotten: usize,
    first: Option<String>,
    drafts: VecDeque<String>,
    runs: usize,
    /// What has happened since the person's last message.
    since: Option<String>,
}

impl Memory {
    /// The person said something.
    pub(super) fn person(&mut self, text: &str) {
        let text = shortened(text);
        self.first.get_or_insert_with(|| text.clone());
        self.since = None;
        self.push(Said { who: Who::Person, gist: text.clone(), text });
    }

    /// The agent said something.
    pub(super) fn agent(&mut self, text: &str) {
        let gist = self.since.take().unwrap_or_else(|| "answered".to_owned());
        self.push(Said { who: Who::Agent, text: shortened(text), gist });
    }

    /// A draft was made.
    pub(super) fn drafted(&mut self, name: &str) {
        self.since = Some(format!("drafted {name}"));
        if self.drafts.back().is_none_or(|last| last != name) {
            self.drafts.push_back(name.to_owned());
        }
        if self.drafts.len() > NAMES {
            self.drafts.pop_front();
        }
    }

    /// Questions were asked.
    pub(super) fn asked(&mut self, about: &str) {
        self.since = Some(format!("asked about {about}"));
    }

    /// A run was started.
    pub(super) fn ran(&mut self) {
        self.runs += 1;
        self.since = Some("started a run".to_owned());
    }

    /// A message was taken for something else than a request.
    pub(super) fn took_for(&mut self, intent: &str) {
        self.since = Some(format!("answered; it was taken for: {intent}"));
    }

    fn push(&mut self, said: Said) {
        self.recent.push_back(said);
        if self.recent.len() > RECENT + 1
            && let Some(gone) = self.recent.pop_front()
        {
            self.forgotten += usize::from(gone.who == Who::Person);
        }
    }

    /// The digest. The newest message is left out where it is the person's: it is what is being answered.
    pub(super) fn digest(&self) -> Digest {
        let mut recent: Vec<Said> = self.recent.iter().cloned().collect();
        if recent.last().is_some_and(|last| last.who == Who::Person) {
            recent.pop();
        } else if recent.len() > RECENT {
            recent.remove(0);
        }
        Digest { recent, earlier: self.earlier() }
    }

    fn earlier(&self) -> Option<String> {
        if self.forgotten == 0 {
            return None;
        }
        let mut text = match self.forgotten {
            1 => "Before that, the person said one thing".to_owned(),
            many => format!("Before that, the person said {many} things"),
        };
        if let Some(first) = &self.first {
            let _ = write!(text, "; the first was: \"{}\"", clipped(first, LONGEST / 2));
        }
        text.push('.');
        if !self.drafts.is_empty() {
            let names: Vec<&str> = self.drafts.iter().map(String::as_str).collect();
            let _ = write!(text, " Newest drafts: {}.", names.join(", "));
        }
        if self.runs > 0 {
            let _ = write!(text, " Runs started: {}.", self.runs);
        }
        Some(text)
    }
}

fn shortened(text: &str) -> String {
    clipped(&text.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST)
}

fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_conversation_is_told_whole_and_without_the_message_that_is_answered() {
        let mut memory = Memory::default();
        memory.person("post the news");
        memory.drafted("news");
        memory.agent("news: posts the news");
        memory.person("make it  hourly");
        let digest = memory.digest();
        let told: Vec<&str> = digest.recent.iter().map(|said| said.gist.as_str()).collect();
        assert_eq!(told, ["post the news", "drafted news"]);
        assert_eq!(digest.earlier, None);
    }

    #[test]
    fn what_is_told_stays_small_and_names_what_it_leaves_out() {
        let mut memory = Memory::default();
        for at in 0..1000 {
            memory.person(&format!("message {at} {}", "very long ".repeat(200)));
            memory.drafted(&format!("draft-{at}"));
            memory.agent(&"word ".repeat(1000));
        }
        memory.person("and now");
        let digest = memory.digest();
        assert_eq!(digest.recent.len(), RECENT);
        assert!(digest.recent.iter().all(|said| said.text.chars().count() <= LONGEST + 1));
        let earlier = digest.earlier.unwrap();
        assert!(earlier.contains("996 things") && earlier.contains("message 0") && earlier.contains("draft-999"), "{earlier}");
        assert!(earlier.chars().count() < 600, "{earlier}");
    }
}
