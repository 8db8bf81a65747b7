//! E0611: a workflow that calls itself. What calls what in a circle is seen only while it runs.

use super::report::Report;
use super::survey::Survey;
use crate::action::role;
use crate::document::escape;
use serde_json::Value;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for site in &survey.sites {
        let Some(param) = site.spec.and_then(|spec| spec.param_with_role(role::WORKFLOW)) else { continue };
        let Some(Value::String(called)) = site.step.with.get(param) else { continue };
        if called.trim() == survey.workflow.name {
            let help = "name another workflow; to do a step again, use `repeat` or `for_each`".to_owned();
            let pointer = format!("{}/with/{}", site.pointer, escape(param));
            report.error("E0611", &pointer, "the workflow calls itself, without end", Some(help));
        }
    }
}
