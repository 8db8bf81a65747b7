//! Findings while they are collected.

use crate::document::Document;
use sayflow_protocol::{Diagnostic, Severity};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Collected findings.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    /// What was said where, so that nothing is said twice.
    said: HashSet<(String, String)>,
}

#[derive(Debug)]
struct Finding {
    diagnostic: Diagnostic,
    part: Part,
}

/// Which part of what stands at the pointer is meant.
#[derive(Debug)]
enum Part {
    Value,
    Key,
    /// A stretch of code in an expression.
    Code(String),
}

impl Report {
    pub(super) fn error(&mut self, code: &str, pointer: &str, message: impl Into<String>, help: Option<String>) {
        self.add(Severity::Error, code, pointer, message.into(), help, Part::Value);
    }

    /// An error that is about a key.
    pub(super) fn error_on_key(&mut self, code: &str, pointer: &str, message: impl Into<String>, help: Option<String>) {
        self.add(Severity::Error, code, pointer, message.into(), help, Part::Key);
    }

    /// An error that is about a stretch of code in an expression.
    pub(super) fn error_in(&mut self, code: &str, pointer: &str, part: &str, message: impl Into<String>, help: Option<String>) {
        self.add(Severity::Error, code, pointer, message.into(), help, Part::Code(part.to_owned()));
    }

    pub(super) fn warning(&mut self, code: &str, pointer: &str, message: impl Into<String>, help: Option<String>) {
        self.add(Severity::Warning, code, pointer, message.into(), help, Part::Value);
    }

    fn add(&mut self, severity: Severity, code: &str, pointer: &str, message: String, help: Option<String>, part: Part) {
        let diagnostic = Diagnostic { code: code.to_owned(), severity, pointer: pointer.to_owned(), span: None, message, help };
        if self.said.insert((diagnostic.pointer.clone(), diagnostic.message.clone())) {
            self.findings.push(Finding { diagnostic, part });
        }
    }

    /// The message of the first error.
    pub(super) fn first_error(&self) -> Option<&str> {
        self.findings.iter().map(|finding| &finding.diagnostic).find(|found| found.is_error()).map(|found| found.message.as_str())
    }

    pub(super) fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    /// Where something was found so far.
    pub(super) fn pointers(&self) -> BTreeSet<String> {
        self.findings.iter().map(|finding| finding.diagnostic.pointer.clone()).collect()
    }

    /// Drops later findings about an object that was not whole: a missing parameter may be the misspelt one.
    pub(super) fn forget_consequences(&mut self, broken: &BTreeSet<String>) {
        let around: BTreeSet<&str> = broken.iter().map(|pointer| owner_of(pointer)).collect();
        // The inputs may be what was refused.
        let top = broken.iter().any(|pointer| pointer.matches('/').count() == 1);
        self.findings.retain(|finding| {
            if top && finding.diagnostic.code == "E0207" {
                return false;
            }
            let pointer = &finding.diagnostic.pointer;
            let own = finding.diagnostic.code.starts_with("E01") && broken.contains(pointer);
            own || !around.iter().any(|object| !object.is_empty() && (pointer == object || is_below(pointer, object)))
        });
    }

    /// The findings in the order of the document, with their places.
    pub(super) fn finish(self, document: Option<&Document>, value: &Value) -> Vec<Diagnostic> {
        let order = order_of(value);
        let rank = |pointer: &str| {
            let mut at = pointer;
            loop {
                if let Some(rank) = order.get(at) {
                    return *rank;
                }
                match at.rfind('/') {
                    Some(end) => at = &at[..end],
                    None => return 0,
                }
            }
        };
        let mut findings = self.findings;
        findings.sort_by_cached_key(|finding| rank(&finding.diagnostic.pointer));
        let place = |Finding { mut diagnostic, part }: Finding| {
            diagnostic.span = document.and_then(|document| match &part {
                Part::Key => document.key_span(&diagnostic.pointer),
                Part::Value => document.span(&diagnostic.pointer),
                Part::Code(code) => document.span_of_code(&diagnostic.pointer, code),
            });
            diagnostic
        };
        findings.into_iter().map(place).collect()
    }
}

/// The step or trigger that a pointer leads into; else the value around it.
fn owner_of(pointer: &str) -> &str {
    let mut end = 0;
    let mut owner = None;
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    for pair in parts.windows(2) {
        end += pair[0].len() + 1;
        if ["steps", "on_failure", "triggers"].contains(&pair[0]) && pair[1].parse::<usize>().is_ok() {
            owner = Some(end + pair[1].len() + 1);
        }
    }
    match owner {
        Some(end) => &pointer[..end],
        None => pointer.rfind('/').map_or("", |end| &pointer[..end]),
    }
}

fn is_below(pointer: &str, object: &str) -> bool {
    pointer.strip_prefix(object).is_some_and(|rest| rest.starts_with('/'))
}

fn order_of(value: &Value) -> HashMap<String, usize> {
    fn walk(value: &Value, pointer: String, order: &mut HashMap<String, usize>) {
        order.insert(pointer.clone(), order.len());
        match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| walk(item, format!("{pointer}/{at}"), order)),
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| walk(member, format!("{pointer}/{}", crate::document::escape(name)), order));
            }
            _ => {}
        }
    }
    let mut order = HashMap::new();
    walk(value, String::new(), &mut order);
    order
}
