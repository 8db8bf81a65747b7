//! The conversation at a terminal: a turn is posted, open questions are asked one by one, and the answers go on as the
//! next turn.

use super::turn::{self, Told};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::ui::screen::Screen;
use crate::ui::{Ui, prompt, text};
use indexmap::IndexMap;
use sayflow_client::Client;
use sayflow_protocol::api::{ItemBody, PostTurn, Question, ThreadView, TurnView};
use std::fmt::Write as _;

/// Posts a turn and, where somebody can be asked, turns with answers until no question is open or the person leaves one
/// open.
pub(super) async fn talk(ui: &Ui, client: &Client, thread: &str, first: PostTurn, interrupts: &mut Interrupts) -> Result<Told, Failure> {
    let mut told = turn::follow(ui, client, thread, &first, interrupts).await?;
    while ui.is_interactive() && !told.turn.questions.is_empty() && !told.turn.interrupted {
        let turn = &told.turn;
        if !told.reply_shown && !turn.reply.trim().is_empty() && !crate::render::plan::only_asks(turn) {
            ui.note(&text::prose(&text::lines(turn.reply.trim()), ui.err.width));
        }
        let answers = ask_all(ui, &turn.questions, interrupts).await?;
        if answers.is_empty() {
            break;
        }
        let next = PostTurn { text: String::new(), answers, ..first.clone() };
        told = turn::follow(ui, client, told.turn.thread.as_str(), &next, interrupts).await?;
    }
    Ok(told)
}

async fn ask_all(ui: &Ui, questions: &[Question], interrupts: &mut Interrupts) -> Result<IndexMap<String, String>, Failure> {
    let mut answers = IndexMap::new();
    for question in questions {
        let answer = if question.choices.is_empty() {
            interrupts.guard(prompt::line(ui, &question.text)).await?
        } else {
            interrupts.guard(prompt::choose(ui, &question.text, &question.choices)).await?
        };
        if let Some(answer) = answer {
            answers.insert(question.id.clone(), answer);
        }
    }
    Ok(answers)
}

/// The questions that nobody has answered since the newest draft or message of the agent.
pub(super) fn open_questions(thread: &ThreadView) -> Vec<Question> {
    let mut open: Vec<Question> = Vec::new();
    for event in &thread.events {
        match &event.item.body {
            ItemBody::Question(question) => {
                open.retain(|known| known.id != question.id);
                open.push(question.clone());
            }
            ItemBody::Answer(answer) => open.retain(|question| question.id != answer.id),
            ItemBody::Message { role, .. } if role == "user" => open.clear(),
            _ => {}
        }
    }
    open
}

/// Whether a conversation ends in a message of which nothing has come yet: a server ended in the middle of its turn. A
/// draft or a question that lacks only the words around it is good enough to go on from.
pub(super) fn is_unfinished(thread: &ThreadView) -> bool {
    let newest = thread.events.iter().rev().find_map(|event| match &event.item.body {
        ItemBody::Message { role, .. } => Some(role.as_str()),
        ItemBody::Draft(_) | ItemBody::Question(_) => Some("agent"),
        _ => None,
    });
    newest == Some("user")
}

/// The open questions, with how to answer them on the command line. Ends with a line break.
pub(super) fn render_open(turn: &TurnView, screen: &Screen) -> String {
    let mut rendered = format!("{}\n", screen.bold(&text::count(turn.questions.len() as u64, "open question", "open questions")));
    for question in &turn.questions {
        let id = text::one_line(&question.id);
        let words = text::wrap(&text::lines(&question.text), screen.width, text::width(&id) + 4);
        let _ = writeln!(rendered, "  {}  {words}", screen.hint(&id));
        for choice in &question.choices {
            let line = format!("    {} {}", screen.pick("•", "-"), text::one_line(choice));
            let _ = writeln!(rendered, "{}", screen.cut(&line));
        }
    }
    let example = turn.questions.first().map(|question| text::one_line(&question.id)).unwrap_or_default();
    let command = format!("sayflow ask --thread {} --answer {example}=VALUE", turn.thread);
    let _ = writeln!(rendered, "{}", screen.dim(&format!("Answer: {command}")));
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use sayflow_protocol::api::{Answer, Item, ThreadEvent};

    fn question(id: &str) -> Question {
        Question { id: id.to_owned(), text: format!("{id}?"), about: String::new(), choices: Vec::new() }
    }

    fn thread(bodies: Vec<ItemBody>) -> ThreadView {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let events = bodies.into_iter().enumerate().map(|(place, body)| ThreadEvent { seq: place as u64 + 1, item: Item { at, body } });
        ThreadView { id: "t".into(), created: at, events: events.collect() }
    }

    #[test]
    fn answered_and_outdated_questions_are_not_open() {
        let said = |role: &str| ItemBody::Message { role: role.to_owned(), text: String::new() };
        let view = thread(vec![
            said("user"),
            ItemBody::Question(question("old")),
            said("user"),
            ItemBody::Question(question("a")),
            ItemBody::Question(question("b")),
            said("agent"),
            ItemBody::Answer(Answer { id: "a".to_owned(), value: "x".to_owned() }),
        ]);
        assert_eq!(open_questions(&view), vec![question("b")]);
    }
}
