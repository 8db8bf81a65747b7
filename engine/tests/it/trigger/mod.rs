//! Triggers: when schedules fire, and what starts runs.

mod schedule_oracle;
