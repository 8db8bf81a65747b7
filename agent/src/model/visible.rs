//! Which words of an answer people see as they come: not the thoughts before it, and not the calls of tools that some
//! models write as text.

use super::Progress;
use sayflow_protocol::api::TurnProgress;

/// Passes words on.
pub(super) struct Visible<'a> {
    progress: Option<&'a dyn Progress>,
    /// Whether an answer that looks like data is held back.
    holds_data: bool,
    state: State,
    held: String,
    told: bool,
}

#[derive(PartialEq)]
enum State {
    /// Too little has come to tell what it is.
    Unclear,
    /// Thoughts, up to this mark.
    Thinking(&'static str),
    /// Data: nobody sees it.
    Data,
    /// Words for people.
    Words,
}

const MARKS: &[(&str, &str)] =
    &[("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<thought>", "</thought>"), ("<reasoning>", "</reasoning>")];

/// How an answer begins that is data.
const DATA: &[&str] = &["{", "[", "```", "<tool_call>", "<function"];

impl<'a> Visible<'a> {
    /// Passes words on to there, if to anybody.
    pub(super) fn new(progress: Option<&'a dyn Progress>, holds_data: bool) -> Self {
        Self { progress, holds_data, state: State::Unclear, held: String::new(), told: false }
    }

    /// The next attempt begins.
    pub(super) fn begin_again(&mut self) {
        self.state = State::Unclear;
        self.held.clear();
        if self.told {
            self.tell("\n\n");
        }
    }

    /// More has come.
    pub(super) fn more(&mut self, words: &str) {
        if self.progress.is_none() || words.is_empty() {
            return;
        }
        if self.state == State::Words {
            return self.tell(words);
        }
        self.held.push_str(words);
        if let State::Thinking(mark) = self.state {
            let Some(end) = self.held.find(mark) else { return };
            self.held.drain(..end + mark.len());
            self.state = State::Unclear;
        }
        if self.state == State::Unclear {
            self.look();
        }
    }

    /// Decides as soon as enough has come.
    fn look(&mut self) {
        let begins = self.held.trim_start().to_owned();
        if begins.is_empty() {
            return;
        }
        if let Some((_, end)) = MARKS.iter().find(|(mark, _)| begins.starts_with(mark)) {
            self.state = State::Thinking(end);
            self.held = begins;
            return self.more_held();
        }
        if self.holds_data && DATA.iter().any(|mark| begins.starts_with(mark)) {
            self.state = State::Data;
            return;
        }
        let could_be = |mark: &str| mark.starts_with(begins.as_str());
        if MARKS.iter().any(|(mark, _)| could_be(mark)) || (self.holds_data && DATA.iter().any(|mark| could_be(mark))) {
            return;
        }
        self.state = State::Words;
        self.held.clear();
        self.tell(&begins);
    }

    /// Looks whether the end of the thoughts is in what has come already.
    fn more_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.more(&held);
    }

    fn tell(&mut self, words: &str) {
        if let Some(progress) = self.progress {
            self.told = true;
            progress.tell(TurnProgress::Text { delta: words.to_owned() });
        }
    }

    /// The answer is there and is words: tells what was held back of them.
    pub(super) fn end(&mut self, text: &str) {
        if self.state != State::Words && !text.is_empty() {
            self.state = State::Words;
            self.tell(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Heard(Mutex<String>);

    impl Progress for Heard {
        fn tell(&self, progress: TurnProgress) {
            if let TurnProgress::Text { delta } = progress {
                self.0.lock().unwrap().push_str(&delta);
            }
        }
    }

    fn heard(text: &str, size: usize, holds_data: bool) -> String {
        let heard = Heard::default();
        let mut visible = Visible::new(Some(&heard), holds_data);
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.chunks(size) {
            visible.more(&piece.iter().collect::<String>());
        }
        drop(visible);
        heard.0.into_inner().unwrap()
    }

    #[test]
    fn thoughts_are_not_shown_however_they_are_cut() {
        for size in [1, 3, 100] {
            assert_eq!(heard("<think>is it {\"a\"}?</think>\n\nGood <b>day</b>.", size, true), "Good <b>day</b>.");
            assert_eq!(heard("<thinking>no end", size, true), "");
            assert_eq!(heard("<thin air>", size, true), "<thin air>");
            assert_eq!(heard("{\"name\": \"run\"}", size, true), "");
            assert_eq!(heard("{braces}", size, false), "{braces}");
        }
    }

    #[test]
    fn what_was_held_back_is_shown_when_it_turns_out_to_be_words() {
        let heard = Heard::default();
        let mut visible = Visible::new(Some(&heard), true);
        visible.more("[sic] is Latin");
        visible.end("[sic] is Latin");
        visible.end("[sic] is Latin");
        assert_eq!(*heard.0.lock().unwrap(), "[sic] is Latin");
    }
}
