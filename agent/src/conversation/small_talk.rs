//! Talk that needs no planner: greetings, thanks, questions about Sayflow and about the draft.
//!
//! Only whole messages count, so that no request is taken for talk because it is polite.

use super::{Conversation, Effect};
use crate::templates;
use sayflow_prompts::{self as prompts, HelpArgs, HelpExample};

/// How many requests are shown as examples.
const EXAMPLES: usize = 5;

/// Kinds of talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SmallTalk {
    /// Good day.
    Greeting,
    /// Thank you.
    Thanks,
    /// What can you do?
    Help,
    /// Never mind.
    Dropping,
    /// No, thanks.
    Declining,
    /// Yes, to nothing that was offered.
    Agreeing,
}

const HELP: &[&str] = &[
    "?",
    "/help",
    "examples",
    "help",
    "help me",
    "how does it work",
    "how does this work",
    "how do i use this",
    "how do i use you",
    "show examples",
    "show me examples",
    "show me some examples",
    "what are you",
    "what can i ask",
    "what can i do",
    "what can i do here",
    "what can i say",
    "what can sayflow do",
    "what can you automate",
    "what can you do",
    "what can you do for me",
    "what do you do",
    "what is sayflow",
    "what is this",
    "who are you",
];
const DROPPING: &[&str] = &["abort", "cancel", "cancel that", "drop it", "forget about it", "forget it", "never mind", "nevermind", "stop"];
const DECLINING: &[&str] = &["leave it", "leave it as it is", "no", "no thank you", "no thanks", "nope", "not now", "rather not"];
const GREETING_FIRST: &[&str] = &["good", "greetings", "hallo", "hello", "hey", "hi", "howdy"];
const GREETING_MORE: &[&str] =
    &["afternoon", "again", "all", "day", "evening", "everybody", "everyone", "morning", "sayflow", "there", "you"];
const THANKS: &[&str] = &["cheers", "cool", "great", "nice", "ok", "okay", "perfect", "thank", "thanks"];
const THANKS_MORE: &[&str] =
    &["a", "again", "for", "help", "job", "lot", "many", "much", "so", "that", "the", "very", "work", "you", "your"];

impl SmallTalk {
    /// The kind of talk that a whole message is.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = normal(text);
        let words: Vec<&str> = text.split(' ').collect();
        let (first, rest) = words.split_first()?;
        let made_of = |list: &[&[&str]]| rest.iter().all(|word| list.iter().any(|known| known.contains(word)));
        if HELP.contains(&text.as_str()) {
            Some(Self::Help)
        } else if DROPPING.contains(&text.as_str()) {
            Some(Self::Dropping)
        } else if DECLINING.contains(&text.as_str()) {
            Some(Self::Declining)
        } else if GREETING_FIRST.contains(first) && made_of(&[GREETING_MORE, GREETING_FIRST]) && text != "good" {
            Some(Self::Greeting)
        } else if THANKS.contains(first) && made_of(&[THANKS, THANKS_MORE]) {
            Some(Self::Thanks)
        } else {
            None
        }
    }
}

impl SmallTalk {
    /// What is said to it.
    pub(super) fn words(self) -> String {
        match self {
            Self::Greeting => prompts::greeting(),
            Self::Thanks => prompts::thanks(),
            Self::Help => prompts::help(&HelpArgs { examples: examples() }),
            Self::Dropping => prompts::dropped(),
            Self::Declining => prompts::left(),
            Self::Agreeing => prompts::nothing_offered(),
        }
    }
}

fn normal(text: &str) -> String {
    let plain = text.to_lowercase().replace(['’', '\''], "");
    let words: Vec<&str> = plain
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| matches!(c, '.' | ',' | '!' | ';' | ':')))
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.join(" ");
    if joined == "?" { joined } else { joined.trim_end_matches('?').trim_end().to_owned() }
}

impl Conversation {
    /// Answers talk without planning. Questions that are open stay open.
    pub(super) fn small_talk(&mut self, talk: SmallTalk) -> Vec<Effect> {
        let reply = talk.words();
        self.finish(reply)
    }
}

/// The first request of templates of different areas.
fn examples() -> Vec<HelpExample> {
    let mut shown: Vec<HelpExample> = Vec::new();
    for template in templates::all() {
        let (Some(area), Some(request)) = (template.info.tags.first(), template.info.examples.first()) else { continue };
        if shown.len() < EXAMPLES && shown.iter().all(|example| example.area != *area) {
            shown.push(HelpExample { area: area.clone(), request: request.clone() });
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_messages_are_talk() {
        for (text, talk) in [
            ("Hi!", Some(SmallTalk::Greeting)),
            ("good morning, Sayflow", Some(SmallTalk::Greeting)),
            ("What can you do?", Some(SmallTalk::Help)),
            ("?", Some(SmallTalk::Help)),
            ("Thanks a lot!", Some(SmallTalk::Thanks)),
            ("ok, great", Some(SmallTalk::Thanks)),
            ("No, thanks.", Some(SmallTalk::Declining)),
            ("Never mind.", Some(SmallTalk::Dropping)),
            ("hi, post the news to #x", None),
            ("good", None),
            ("thanks, now make it hourly", None),
            ("help me sort orders.csv", None),
            ("stop the server when disk.json says full", None),
        ] {
            assert_eq!(SmallTalk::of(text), talk, "{text}");
        }
    }
}
