//! What a run waits for, in words.

use sayflow_protocol::run::OpenPoint;

/// One point, without a full stop.
pub fn open_point(point: &OpenPoint) -> String {
    let plain = |text: &str| text.trim().trim_end_matches('.').to_owned();
    match point {
        OpenPoint::Approval { approval, question, .. } => format!("for a decision ({}; approval {approval})", plain(&question.message)),
        OpenPoint::Unknown { step, error } => format!("to be told whether {step} arrived ({})", plain(&error.message)),
        OpenPoint::Call { run, workflow, .. } => format!("for {workflow}, which runs as {run}"),
        OpenPoint::Step { step } => format!("before {step}, because it goes step by step"),
        OpenPoint::Resume { by } => format!("because {by} paused it"),
        OpenPoint::Store { why } => format!("until the store can be written ({})", plain(why)),
    }
}
