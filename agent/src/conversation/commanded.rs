//! A command: it is made definite ("it" is the draft, "the run" the newest one of the conversation) and done through the
//! application. What needs no application is answered at once.

use super::act::{Act, Subject};
use super::command::{About, Command, ExplainWhat, Picks, RunWhat, StopWhat, Which};
use super::rules::Offered;
use super::small_talk::SmallTalk;
use super::{Conversation, Effect, Phase};
use sayflow_prompts as prompts;
use sayflow_protocol::RunId;
use sayflow_protocol::api::{ItemBody, RunSource};

impl Conversation {
    /// Carries a command out.
    pub(super) fn command(&mut self, command: Command) -> Vec<Effect> {
        match &command {
            Command::Run(what) => self.run(&command, what),
            Command::Schedule(which) => self.schedule(&command, which),
            Command::Stop(what) => self.stop(&command, what),
            Command::Status(which) => {
                let run = if which.workflow.is_none() { self.thread.run().cloned() } else { None };
                self.act(&command, Act::Status { workflow: which.workflow.clone(), run })
            }
            Command::List(what) => self.act(&command, Act::List(what.what)),
            Command::Explain(what) => self.explain(&command, what),
            Command::Apply(picks) => self.apply(&command, picks),
            Command::Undo(which) => self.undo(&command, which),
            Command::Help => self.talk(SmallTalk::Help),
            Command::SmallTalk => self.talk(SmallTalk::Help),
            Command::Again => self.finish(prompts::nothing_to_repeat()),
            // They are requests; see `Thread::meaning`.
            Command::Create | Command::Change(_) => self.finish(prompts::nothing_said()),
        }
    }

    pub(super) fn act(&mut self, command: &Command, act: Act) -> Vec<Effect> {
        self.phase = Phase::Acting { command: command.clone() };
        vec![Effect::Act(act)]
    }

    /// The saved workflow that is named, unless the draft is meant.
    fn saved_name<'a>(&self, name: Option<&'a str>) -> Option<&'a str> {
        name.filter(|name| self.turn.known.has(name) || self.thread.draft_name() != Some(*name))
    }

    /// The workflow that is named, or the draft.
    fn subject(&self, name: Option<&str>) -> Option<Subject> {
        match self.saved_name(name) {
            // The draft is the newest state of what it is called.
            Some(name) if self.thread.draft_name() != Some(name) => Some(Subject::Saved(name.to_owned())),
            _ => self.thread.document().map(Subject::Draft),
        }
    }

    fn which(&mut self) -> Vec<Effect> {
        let names = self.turn.known.names();
        self.finish(prompts::which_workflow(&names))
    }

    fn run(&mut self, command: &Command, what: &RunWhat) -> Vec<Effect> {
        let source = match self.saved_name(what.workflow.as_deref()) {
            Some(name) => RunSource::Workflow(name.to_owned()),
            None => match self.thread.draft() {
                Some(draft) => RunSource::Draft(draft.id.clone()),
                None => return self.which(),
            },
        };
        self.act(command, Act::Run { source, inputs: what.inputs.clone() })
    }

    /// A model's reading is no clear word: the person is asked for one.
    fn schedule(&mut self, command: &Command, which: &Which) -> Vec<Effect> {
        let saved = self.saved_name(which.workflow.as_deref()).map(str::to_owned);
        if self.turn.by_model {
            let Some(of) = self.subject(saved.as_deref()) else { return self.which() };
            return self.act(command, Act::Describe { of });
        }
        match (saved, self.thread.draft()) {
            (Some(workflow), _) => self.act(command, Act::Activate { workflow, draft: None }),
            (None, Some(draft)) => {
                let act =
                    Act::Activate { workflow: self.thread.draft_name().unwrap_or_default().to_owned(), draft: Some(draft.id.clone()) };
                self.act(command, act)
            }
            (None, None) => self.which(),
        }
    }

    fn stop(&mut self, command: &Command, what: &StopWhat) -> Vec<Effect> {
        if let Some(run) = &what.run {
            return self.act(command, Act::StopRun { run: RunId::from(run.as_str()) });
        }
        match (&what.workflow, self.thread.run().cloned()) {
            (Some(workflow), _) => self.act(command, Act::Deactivate { workflow: workflow.clone() }),
            (None, Some(run)) => self.act(command, Act::StopRun { run }),
            (None, None) => self.finish(prompts::nothing_to_stop()),
        }
    }

    fn explain(&mut self, command: &Command, what: &ExplainWhat) -> Vec<Effect> {
        let name = what.workflow.as_deref();
        match what.about {
            About::Failure => {
                let named = what.run.as_deref().map(RunId::from);
                let run = named.or_else(|| name.is_none().then(|| self.thread.run().cloned()).flatten());
                self.act(command, Act::ExplainRun { run, workflow: what.workflow.clone() })
            }
            About::Purpose | About::Improvements => match self.subject(name) {
                Some(of) if what.about == About::Purpose => self.act(command, Act::Describe { of }),
                Some(of) => self.act(command, Act::Suggest { of }),
                None if self.turn.known.workflows.is_empty() => self.finish(prompts::nothing_drafted()),
                None => self.which(),
            },
        }
    }

    /// Carries out what was offered.
    fn apply(&mut self, command: &Command, picks: &Picks) -> Vec<Effect> {
        match self.thread.offered().cloned() {
            Some(Offered::Fix { run }) => self.act(command, Act::Fix { run: RunId::from(run.as_str()) }),
            Some(Offered::Improvements { workflow }) => match self.subject(workflow.as_deref()) {
                Some(of) => self.act(command, Act::Improve { of, picks: picks.picks.clone() }),
                None => self.which(),
            },
            Some(Offered::Activation { workflow }) => self.schedule(command, &Which { workflow }),
            None => self.finish(prompts::not_applicable(&picks.picks, &[])),
        }
    }

    /// The draft before becomes the draft again; a saved workflow that is named goes back to the version before.
    fn undo(&mut self, command: &Command, which: &Which) -> Vec<Effect> {
        let draft_meant = which.workflow.is_none() || which.workflow.as_deref() == self.thread.draft_name();
        if let Some(workflow) = which.workflow.as_deref().filter(|_| !draft_meant || self.thread.drafts_before() == 0) {
            return self.act(command, Act::UndoWorkflow { workflow: workflow.to_owned() });
        }
        let Some(before) = self.thread.draft_before().cloned() else {
            return self.finish(prompts::nothing_to_undo(self.thread.draft().is_some()));
        };
        let mut effects = vec![self.record(ItemBody::Draft(before.clone()))];
        let reply = prompts::undone(&before.summary, self.thread.drafts_before() > 0);
        effects.extend(self.finish_with(reply, before));
        effects
    }
}
