//! The offline planner: a semantic parser in stages. Text becomes tokens; times and events become triggers; the rest
//! falls into clauses, each of which reads, works on and writes the value in hand.

use super::api::{PlanContext, PlanOutcome, PlanRequest, Planner};
use super::build::Builder;
use super::clause::{self, Memory};
use super::places;
use super::segments::{Clause, When, clauses};
use super::{chunk::Chunk, document, literals, schedule, triggers};
use crate::language::{Act, Entity, Token, TokenKind, english, tokenize};
use sayflow_engine::check::{CheckEnv, check_value};
use sayflow_protocol::workflow::{Step, Trigger, Workflow};
use std::ops::Range;

/// A semantic parser in stages, driven by the action declarations. Needs no model and no network.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflinePlanner;

impl Planner for OfflinePlanner {
    fn name(&self) -> &'static str {
        "offline"
    }

    fn plan(&self, request: &PlanRequest<'_>, context: &PlanContext<'_>) -> PlanOutcome {
        if request.text.trim().is_empty() {
            return cannot("There is nothing to do in an empty request.");
        }
        if let Some(changed) = super::edit::follow_up(request, context) {
            return changed;
        }
        Attempt::new(request, context).run()
    }
}

const SUGGESTIONS: [&str; 3] = [
    "Read orders.csv, keep the open orders over 100 and save them to open.json",
    "Every weekday at 9 post the number of open tickets at https://tickets.example/api to #support",
    "When a webhook arrives at /orders, append it to orders.csv and mail sales@shop.example",
];

fn cannot(reason: &str) -> PlanOutcome {
    PlanOutcome::Cannot { reason: reason.to_owned(), suggestions: SUGGESTIONS.map(str::to_owned).to_vec() }
}

/// One planning of one request.
struct Attempt<'a> {
    text: String,
    context: &'a PlanContext<'a>,
    builder: Builder<'a>,
    triggers: Vec<Trigger>,
    on_failure: Vec<Step>,
    unclear: Vec<String>,
    acted: bool,
    wrote: bool,
}

impl<'a> Attempt<'a> {
    fn new(request: &PlanRequest<'a>, context: &'a PlanContext<'a>) -> Self {
        let (text, options) = super::request_options::take(&schedule::quote_cron(&numbered(&arrows(request.text))));
        let mut builder = Builder::new(context, request.answers);
        builder.options = options;
        Self { text, context, builder, triggers: Vec::new(), on_failure: Vec::new(), unclear: Vec::new(), acted: false, wrote: false }
    }

    fn run(mut self) -> PlanOutcome {
        let tokens = super::services::fold(&self.text, tokenize(&self.text), self.context);
        let mut tokens = literals::fold(&self.text, tokens);
        tokens = super::workspace::fold_folders(tokens, self.context.samples);
        tokens = super::page::fold_selectors(super::workspace::lead_database(tokens));
        if let Some(found) = triggers::find(&tokens, self.context.workflows) {
            tokens = without(&tokens, std::slice::from_ref(&found.span));
            self.builder.focus = found.focus;
            self.triggers.push(found.trigger);
            self.acted = true;
        }
        let timing = schedule::find(&tokens, &self.context.now, self.context.timezone);
        tokens = without(&tokens, &timing.spans);
        self.builder.notes.extend(timing.notes);
        self.triggers.extend(timing.triggers);
        if let Some((words, choices)) = timing.unsupported {
            let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
            match self.builder.ask("schedule", &format!("A schedule cannot say \"{words}\" exactly. What should it be instead?"), &choices)
            {
                Some(answer) => {
                    let timing = schedule::find(&tokenize(&answer), &self.context.now, self.context.timezone);
                    self.triggers.extend(timing.triggers);
                }
                None => self.acted = true,
            }
        }
        let found = self.hoisted(clauses(&tokens));
        if let Some(reason) = foreign(&found, &self.builder) {
            return cannot(&reason);
        }
        let mut memory = Memory::default();
        for clause in &found {
            if clause.when == When::Failure {
                self.failure(clause);
                continue;
            }
            let outcome = clause::perform(&mut self.builder, clause, &mut memory);
            if !outcome.acted && !outcome.wrote && background(clause) {
                let said = clause.tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
                self.builder.notes.push(format!("I took \"{said}\" as background; nothing is done for it."));
                continue;
            }
            self.unclear.extend(outcome.unclear);
            self.acted |= outcome.acted;
            self.wrote |= outcome.wrote;
        }
        if let Some(path) = self.builder.extended.take().filter(|_| !self.wrote) {
            self.builder.guard = super::build::Guard::default();
            self.wrote |=
                self.builder.write(&places::Sink::File(path), &super::build::Wording::default(), super::build::WriteMode::Replace);
        }
        self.decide(&tokens)
    }

    /// Brings a source that is named in a later sentence forward: "Email the overdue ones to x. They are in a.csv."
    fn hoisted(&self, clauses: Vec<Clause>) -> Vec<Clause> {
        let needs = clauses.first().is_some_and(|first| {
            !super::segments::has_source(&first.tokens)
                && self.builder.focus.is_none()
                && !first.tokens.iter().any(|token| token.quoted().is_some())
                && first.each.is_none()
                && first.when == When::Always
        });
        let located = |clause: &Clause| {
            let words: Vec<&str> = clause.tokens.iter().map(|token| token.norm.as_str()).collect();
            words.len() <= 9
                && words.iter().any(|word| {
                    [
                        "is", "are", "lives", "live", "comes", "come", "find", "found", "stored", "there", "sits", "located", "use",
                        "source", "data",
                    ]
                    .contains(word)
                })
                && super::segments::has_source(&clause.tokens)
        };
        let Some(place) = clauses.iter().position(located).filter(|place| needs && *place > 0) else { return clauses };
        let mut clauses = clauses;
        let moved = clauses.remove(place);
        let places: Vec<Token> = moved
            .tokens
            .into_iter()
            .filter(|token| token.entity().is_some() || token.is_any(&["table", "feed", "in", "of", "the"]))
            .collect();
        clauses.insert(0, Clause { tokens: places, ..moved });
        clauses
    }

    /// What is done after a failure.
    fn failure(&mut self, clause: &Clause) {
        let mut tokens = clause.tokens.clone();
        if tokens.is_empty() {
            return;
        }
        // "if it fails, try 3 times" is about the attempts.
        if super::verbs::verb_at(&tokens, 0, super::verbs::Position::Start).is_some_and(|(act, _)| act == Act::Retry) {
            let mut memory = Memory::default();
            let outcome = clause::perform(&mut self.builder, &Clause { when: When::Always, ..clause.clone() }, &mut memory);
            self.acted |= outcome.acted;
            return;
        }
        let mut builder = Builder::new(self.context, self.builder.answers);
        let said = tokens.iter().any(|token| token.quoted().is_some());
        if !said {
            let text = "The workflow failed: ${{ error.message }}".to_owned();
            let end = tokens.last().map_or(0, |token| token.end);
            tokens.push(Token {
                kind: TokenKind::Entity(crate::language::Entity::Quoted(text.clone())),
                norm: text.to_lowercase(),
                stem: String::new(),
                text,
                start: end,
                end,
            });
        }
        let outcome =
            clause::perform(&mut builder, &Clause { tokens, when: When::Always, after: false, each: None }, &mut Memory::default());
        for step in &mut builder.steps {
            step.id = format!("tell_{}", step.id);
        }
        self.unclear.extend(outcome.unclear);
        self.builder.questions.extend(builder.questions);
        self.acted |= outcome.acted;
        self.on_failure.extend(builder.steps);
    }

    fn decide(mut self, tokens: &[Token]) -> PlanOutcome {
        let workflow = document::finish(&self.builder, &self.text, self.triggers.clone(), self.on_failure.clone(), self.wrote);
        let concrete = !self.builder.steps.is_empty();
        if !self.builder.questions.is_empty() && (concrete || self.serious(tokens)) {
            self.builder.questions.truncate(3);
            return PlanOutcome::Questions { questions: self.builder.questions, partial: concrete.then_some(workflow) };
        }
        if !concrete {
            return cannot("I did not find anything in this that I can do: no file, address, database, channel or text to work with.");
        }
        if let Some(words) = self.unclear.iter().find(|words| !words.trim().is_empty()).cloned() {
            let about = format!("request.unclear.{}", self.unclear.len());
            let answer = self.builder.ask(
                &about,
                &format!("I did not understand \"{words}\". What should it do there? (Say \"nothing\" to leave it out.)"),
                &["nothing"],
            );
            if answer.is_none() {
                return PlanOutcome::Questions { questions: self.builder.questions, partial: Some(workflow) };
            }
        }
        self.checked(workflow)
    }

    /// Whether a request without anything concrete is still a task rather than talk.
    fn serious(&self, tokens: &[Token]) -> bool {
        let lexicon = english();
        let places = {
            let mut chunk = Chunk::new(tokens);
            let found = places::read(&mut chunk, None, &|_| true, true);
            !found.sinks.is_empty() || !found.sources.is_empty()
        };
        let outside = tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Hook { .. } | Entity::Repository(_))));
        let service = outside
            || tokens.iter().any(|token| token.is_any(&["slack", "telegram", "email", "mail", "webhook", "csv", "json", "database"]));
        let task = tokens.iter().any(|token| {
            lexicon.fields.common.contains(&token.norm)
                || ["orders", "report", "tickets", "customers", "invoices", "sales", "rows"].contains(&token.norm.as_str())
        });
        places || service || !self.triggers.is_empty() || (task && self.acted)
    }

    fn checked(self, workflow: Workflow) -> PlanOutcome {
        let Ok(value) = serde_json::to_value(&workflow) else { return cannot("I could not write the workflow down.") };
        let env = CheckEnv {
            catalogue: self.context.catalogue,
            credentials: self.context.credentials,
            now: self.context.now.timestamp(),
            timezone: self.context.timezone,
        };
        let found = check_value(&value, &env);
        // A missing account is shown with the draft; it is no fault of the plan.
        let fault = found.diagnostics.iter().find(|diagnostic| {
            diagnostic.is_error() && !diagnostic.message.contains("account") && !diagnostic.message.contains("credential")
        });
        match fault {
            None => PlanOutcome::Draft { workflow, notes: self.builder.notes },
            Some(fault) if matches!(fault.code.as_str(), "E0701" | "E0705" | "E0706") => {
                PlanOutcome::Cannot { reason: format!("For safety {}. Name the place yourself.", fault.message), suggestions: Vec::new() }
            }
            Some(fault) => {
                tracing::debug!(
                    code = fault.code,
                    message = fault.message,
                    pointer = fault.pointer,
                    "the offline planner made a workflow with a fault"
                );
                PlanOutcome::Cannot {
                    reason: format!("I could not turn this into a workflow that holds ({}). Please put it in other words.", fault.message),
                    suggestions: SUGGESTIONS.map(str::to_owned).to_vec(),
                }
            }
        }
    }
}

/// Arrows between words part clauses.
fn arrows(text: &str) -> String {
    let mut out = text
        .replace('\r', "")
        .replace("e.g.", "eg")
        .replace("i.e.", "ie")
        .replace("etc.", "etc")
        .replace(" approx.", " approx")
        .replace("a.k.a.", "aka");
    for arrow in [" -> ", " => ", " → ", " ⇒ ", " ➜ ", " >> ", " --> ", " | "] {
        out = out.replace(arrow, " ; ");
    }
    out
}

/// Numbered points inside a line become lines: "1) load x 2) keep y".
fn numbered(text: &str) -> String {
    let mut out = text.to_owned();
    for (open, close) in [("", ")"), ("(", ")"), ("", "."), ("Step ", ":"), ("step ", ":")] {
        let mark = |number: u32| format!("{open}{number}{close} ");
        let begins = |text: &str| text.trim_start().starts_with(&mark(1)) || text.contains(&format!(": {}", mark(1)));
        if !begins(&out) || !out.contains(&format!(" {}", mark(2))) {
            continue;
        }
        for number in 1..20 {
            out = out.replacen(&format!(" {}", mark(number)), &format!("\n{}", mark(number)), 1);
        }
    }
    out
}

fn without(tokens: &[Token], spans: &[Range<usize>]) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if spans.iter().any(|span| span.contains(&at)) {
            continue;
        }
        kept.push(token.clone());
    }
    kept
}

/// Whether a sentence only tells how things are: "we run a small bakery". It has a subject, and names nothing to work
/// with.
fn background(clause: &Clause) -> bool {
    let subject = clause.tokens.first().is_some_and(|token| {
        token.is_any(&["we", "i", "our", "my", "they", "he", "she", "there", "i'm", "we're", "it's", "they're", "i've", "we've", "today"])
    });
    let concrete = clause.tokens.iter().any(|token| token.entity().is_some() || matches!(token.kind, TokenKind::Number(_)));
    subject && !concrete && clause.when == When::Always && clause.each.is_none()
}

/// A clause that asks for what no action does: why not.
fn foreign(clauses: &[Clause], builder: &Builder<'_>) -> Option<String> {
    let lexicon = english();
    for clause in clauses {
        let tokens = &clause.tokens;
        if clause.when == When::Failure || tokens.is_empty() {
            continue;
        }
        // "summarise a.csv: number of orders, total amount" names what it wants.
        let measured = tokens[0].norm.starts_with("summar") && (1..tokens.len()).any(|at| lexicon.measures.at(tokens, at).is_some());
        if let Some((length, ())) = lexicon.foreign_verbs.at(tokens, 0).filter(|_| !measured) {
            let next = tokens.get(length);
            let address = next
                .is_some_and(|token| matches!(token.entity(), Some(crate::language::Entity::Url(_) | crate::language::Entity::Route(_))));
            // "translate x.yaml to JSON" is about the format, "translate the text to French" is not.
            let own = lexicon.verbs.at(tokens, 0).filter(|(own, _)| *own >= length).map(|(_, act)| *act);
            let formats = || (0..tokens.len()).any(|at| lexicon.format_words.at(tokens, at).is_some());
            let usable = (address && tokens[0].is("call")) || own.is_some_and(|act| act != Act::Convert || formats());
            let covered = builder
                .tools
                .by_words(&tokens[0].norm)
                .iter()
                .any(|(spec, _)| spec.keywords.iter().any(|word| *word == tokens[0].norm) && spec.service.is_some());
            if !usable
                && !covered
                && !next.is_some_and(|token| {
                    token.is_any(&["the", "it"]) && tokens.iter().any(|token| token.is_any(&["url", "api", "endpoint"]))
                })
            {
                let words = tokens[..length].iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
                return Some(format!("I cannot \"{words}\" anything: no action does that."));
            }
        }
        for at in 0..tokens.len() {
            let Some((length, ())) = lexicon.foreign_services.at(tokens, at) else { continue };
            let name = tokens[at..at + length].iter().map(|token| token.norm.as_str()).collect::<Vec<_>>().join(" ");
            let led = at > 0
                && tokens[at - 1].is_any(&["to", "on", "via", "from", "in", "by", "into", "as", "a", "an", "my", "our", "the", "through"]);
            let known = builder.context.catalogue.specs().any(|spec| {
                spec.service.as_deref().is_some_and(|service| name.contains(service)) || spec.id.starts_with(&format!("{name}."))
            });
            if led
                && !known
                && tokens.get(at + length).is_none_or(|token| {
                    !token.is_any(&[
                        "csv", "json", "file", "orders", "users", "data", "channel", "release", "issues", "events", "where", "team",
                        "members", "leads",
                    ])
                })
            {
                return Some(format!(
                    "I cannot reach {name}: there is no action for it. I can send to Slack, Telegram, Discord, Microsoft Teams and email, work with GitHub issues, S3 buckets, files and SQLite databases, and call web services."
                ));
            }
        }
    }
    None
}
