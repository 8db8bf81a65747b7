//! Triggers: when schedules fire, and what starts runs.

mod bench;
mod crashes;
mod events;
mod looks;
mod many;
mod messages;
mod schedule_oracle;
mod schedules;
mod webhooks;
