//! The date and time of the run: as text of its own, and in the names of files.

use super::super::js;
use super::{Builder, Focus, Shape};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::Value;

/// How much of the moment is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The day.
    Date,
    /// The time of day.
    Time,
    /// Both.
    Moment,
}

impl Stamp {
    const fn format(self) -> &'static str {
        match self {
            Self::Date => "%Y-%m-%d",
            Self::Time => "%H:%M",
            Self::Moment => "%Y-%m-%d %H:%M:%S",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Date => "today",
            Self::Time => "time",
            Self::Moment => "moment",
        }
    }
}

impl Builder<'_> {
    /// The expression of the run's date or time in the workflow's zone. Adds the step that makes it, once.
    pub fn moment(&mut self, stamp: Stamp) -> Option<String> {
        self.moment_as(stamp.name(), stamp.format())
    }

    fn moment_as(&mut self, name: &str, format: &str) -> Option<String> {
        let spec = self.tools.date()?;
        let param = spec.param_with_role(role::FORMAT)?;
        let output = spec.output.get("properties").and_then(Value::as_object)?.keys().find(|name| *name == "text").cloned()?;
        let known = self
            .steps
            .iter()
            .find(|step| step.uses.as_deref() == Some(&spec.id) && step.with.get(param).and_then(Value::as_str) == Some(format));
        let id = match known {
            Some(step) => step.id.clone(),
            None => self.add(name, spec, IndexMap::from([(param.to_owned(), Value::String(format.to_owned()))])),
        };
        Some(format!("steps.{id}.output.{output}"))
    }

    /// Puts the run's date or time in hand.
    pub fn hold_moment(&mut self, stamp: Stamp) -> Option<()> {
        let expression = self.moment(stamp)?;
        let mut focus = Focus::new(expression, Shape::Text);
        focus.fields.known = true;
        focus.label = match stamp {
            Stamp::Date => "date",
            Stamp::Time => "time",
            Stamp::Moment => "date and time",
        }
        .to_owned();
        self.hold(focus);
        Some(())
    }

    /// A file's name with the date in it: where the name has a hole for it, or before the extension when the request
    /// wants the name to bear one.
    pub fn stamped(&mut self, path: &str) -> String {
        const HOLES: [&str; 10] =
            ["{date}", "{today}", "{{date}}", "{{today}}", "<date>", "<today>", "[date]", "YYYY-MM-DD", "yyyy-mm-dd", "%Y-%m-%d"];
        let stamp = self.stamp.take();
        if let Some(hole) = HOLES.iter().find(|hole| path.contains(**hole)) {
            return match self.moment(Stamp::Date) {
                Some(date) => path.replace(hole, &js::inside(&date)),
                None => path.to_owned(),
            };
        }
        let Some(stamp) = stamp else { return path.to_owned() };
        // Colons and blanks do not belong into names.
        let made = match stamp {
            Stamp::Date => self.moment(Stamp::Date),
            Stamp::Time | Stamp::Moment => self.moment_as("moment", "%Y-%m-%d-%H%M%S"),
        };
        let Some(date) = made else { return path.to_owned() };
        let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
        match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{folder}{stem}-{}.{extension}", js::inside(&date)),
            None => format!("{folder}{name}-{}", js::inside(&date)),
        }
    }
}
