//! Resting and going step by step: what may not begin yet is held back here, in its order.

use crate::run::command::Command;
use sayflow_protocol::InstanceKey;
use sayflow_protocol::event::Advance;
use sayflow_protocol::run::OpenPoint;
use std::collections::VecDeque;

/// How fast a run goes.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Who paused it, while it rests.
    paused: Option<String>,
    steps: Steps,
    held: VecDeque<Command>,
    /// Attempts that were let through and have not begun yet. None of them is known after a journal was folded, and none
    /// needs to be: their commands are queued again.
    on_their_way: u32,
}

/// How attempts begin.
#[derive(Debug, Default, PartialEq)]
enum Steps {
    /// By themselves.
    #[default]
    Free,
    /// So many more; then somebody has to say so.
    Counted(u32),
    /// By themselves until a step with this id is about to begin.
    Until(String),
}

impl Pace {
    /// From now on nothing begins by itself.
    pub(super) fn go_stepwise(&mut self) {
        self.steps = Steps::Counted(0);
    }

    pub(super) fn pause(&mut self, by: &str) {
        self.paused = Some(by.to_owned());
    }

    /// Goes on; gives back what was held.
    pub(super) fn resume(&mut self) -> VecDeque<Command> {
        self.paused = None;
        std::mem::take(&mut self.held)
    }

    /// Lets attempts begin; gives back what was held.
    pub(super) fn advance(&mut self, to: &Advance) -> VecDeque<Command> {
        self.steps = match (to, &self.steps) {
            (Advance::Step, Steps::Counted(left)) => Steps::Counted(left.saturating_add(1)),
            (Advance::Step, _) => Steps::Counted(1),
            (Advance::Until(id), _) => Steps::Until(id.clone()),
            (Advance::End, _) => Steps::Free,
        };
        std::mem::take(&mut self.held)
    }

    /// Lets a command through, or holds it back.
    pub(super) fn pass(&mut self, command: Command) -> Option<Command> {
        let begins_something = matches!(command, Command::Execute { .. } | Command::Evaluate(_));
        let held = begins_something && (self.paused.is_some() || self.must_wait(&command));
        if held {
            self.held.push_back(command);
            return None;
        }
        Some(command)
    }

    fn must_wait(&mut self, command: &Command) -> bool {
        let Command::Execute { key, .. } = command else { return false };
        match &mut self.steps {
            Steps::Free => false,
            Steps::Counted(left) if *left <= self.on_their_way => true,
            Steps::Counted(_) => {
                self.on_their_way += 1;
                false
            }
            Steps::Until(id) if id == key.step_id() => {
                self.steps = Steps::Counted(0);
                true
            }
            Steps::Until(_) => false,
        }
    }

    /// An attempt has begun, or has failed before it could.
    pub(super) fn begun(&mut self) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
        if let Steps::Counted(left) = &mut self.steps {
            *left = left.saturating_sub(1);
        }
    }

    /// An attempt that had begun is begun once more, because the process died in between.
    pub(super) fn give_back(&mut self) {
        if let Steps::Counted(left) = &mut self.steps {
            *left = left.saturating_add(1);
        }
    }

    /// Drops what is held and not wanted any more.
    pub(super) fn retain(&mut self, wanted: impl FnMut(&Command) -> bool) {
        self.held.retain(wanted);
    }

    pub(super) fn held_attempts(&self) -> usize {
        self.held.iter().filter(|command| matches!(command, Command::Execute { .. })).count()
    }

    pub(super) fn holds_something(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether an attempt of a step is held back.
    pub(super) fn holds(&self, step: &InstanceKey) -> bool {
        self.held.iter().any(|command| matches!(command, Command::Execute { key, .. } if key.step_key() == *step))
    }

    pub(super) fn is_stepwise(&self) -> bool {
        self.steps != Steps::Free
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// What has to be said before it goes on.
    pub(super) fn open_points(&self) -> Vec<OpenPoint> {
        if let Some(by) = &self.paused {
            return vec![OpenPoint::Resume { by: by.clone() }];
        }
        let step = |command: &Command| match command {
            Command::Execute { key, .. } => Some(OpenPoint::Step { step: key.clone() }),
            _ => None,
        };
        self.held.iter().filter_map(step).collect()
    }
}
