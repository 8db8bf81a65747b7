//! One comparison as an expression.

use super::super::fields::{FieldKind, FieldRef};
use super::super::js;
use super::Cond;
use super::time;
use super::value::Operand;
use crate::language::CompareOp;

/// The field's text in lower case, for comparing without regard to case.
pub fn without_case(expression: &str) -> String {
    format!("String({expression} ?? '').trim().toLowerCase()")
}

/// Whether a value says yes, in any of the ways in which services and tables say it.
pub fn truthy(expression: &str) -> String {
    format!("['true', 'yes', 'y', '1', 'on'].includes({})", without_case(expression))
}

/// The comparison as a condition.
pub fn compare(field: &FieldRef, op: CompareOp, operands: &[Operand], base: &str) -> Cond {
    let left = match field {
        // Looked for anywhere in the item.
        FieldRef::Named(names) if names.is_empty() => format!("JSON.stringify({base})"),
        field => field.of(base),
    };
    match op {
        CompareOp::Empty => return Cond::Is(empty(field, &left)),
        CompareOp::Present => return Cond::Not(Box::new(Cond::Is(empty(field, &left)))),
        CompareOp::Truthy => return Cond::Is(flag(field, &left)),
        CompareOp::Falsy => return Cond::Not(Box::new(Cond::Is(flag(field, &left)))),
        _ => {}
    }
    let Some(first) = operands.first() else { return Cond::Is(format!("({left} ?? '') !== ''")) };
    match op {
        CompareOp::Between => match operands {
            [low, high, ..] => Cond::All(vec![one(field, CompareOp::Ge, low, &left), one(field, CompareOp::Le, high, &left)]),
            _ => one(field, CompareOp::Ge, first, &left),
        },
        CompareOp::Ne | CompareOp::NoneOf => Cond::Not(Box::new(any(field, CompareOp::Eq, operands, &left))),
        CompareOp::NotContains => Cond::Not(Box::new(any(field, CompareOp::Contains, operands, &left))),
        CompareOp::OneOf => any(field, CompareOp::Eq, operands, &left),
        op => any(field, op, operands, &left),
    }
}

fn any(field: &FieldRef, op: CompareOp, operands: &[Operand], left: &str) -> Cond {
    let mut parts: Vec<Cond> = operands.iter().map(|operand| one(field, op, operand, left)).collect();
    if parts.len() == 1 { parts.remove(0) } else { Cond::Any(parts) }
}

fn empty(field: &FieldRef, left: &str) -> String {
    match field.kind() {
        FieldKind::Deep => format!("Object.keys({left} ?? {{}}).length === 0"),
        FieldKind::Number => format!("({left} ?? null) === null"),
        _ => format!("String({left} ?? '').trim() === ''"),
    }
}

fn flag(field: &FieldRef, left: &str) -> String {
    match field.kind() {
        FieldKind::Bool => format!("{left} === true"),
        FieldKind::Number => format!("{left} > 0"),
        FieldKind::Date => format!("({left} ?? '') !== ''"),
        _ => truthy(left),
    }
}

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Gt | CompareOp::After => ">",
        CompareOp::Lt | CompareOp::Before => "<",
        CompareOp::Ge => ">=",
        CompareOp::Le => "<=",
        _ => "===",
    }
}

fn one(field: &FieldRef, op: CompareOp, operand: &Operand, left: &str) -> Cond {
    Cond::Is(match (op, operand) {
        (CompareOp::Contains, operand) => format!("{}.includes({})", without_case(left), js::text(&operand.as_text().to_lowercase())),
        (CompareOp::Starts, operand) => format!("{}.startsWith({})", without_case(left), js::text(&operand.as_text().to_lowercase())),
        (CompareOp::Ends, operand) => format!("{}.endsWith({})", without_case(left), js::text(&operand.as_text().to_lowercase())),
        (op, Operand::Time(moment)) => time::compare(left, op, moment),
        (op, Operand::Number(number)) => numeric(field, op, *number, left),
        (op, Operand::Field(other)) => match op {
            CompareOp::Eq => format!("{left} === {other}"),
            op => format!("Number({left}) {} Number({other})", sign(op)),
        },
        (_, Operand::Bool(yes)) => {
            let flag = flag(field, left);
            if *yes { flag } else { format!("!({flag})") }
        }
        (CompareOp::Eq, Operand::Text(text)) => equal_text(field, text, left),
        (op, Operand::Text(text)) => match field.kind() {
            FieldKind::Number => format!("{left} {} {}", sign(op), js::text(text)),
            _ => format!("String({left} ?? '') {} {}", sign(op), js::text(text)),
        },
    })
}

fn numeric(field: &FieldRef, op: CompareOp, number: f64, left: &str) -> String {
    let number_text = js::number(number);
    let year = (1000.0..2200.0).contains(&number) && number.fract() == 0.0;
    if field.kind() == FieldKind::Date && year {
        return format!("Number(String({left} ?? '').slice(0, 4)) {} {number_text}", sign(op));
    }
    let sign = sign(op);
    match field.kind() {
        FieldKind::Number if sign == "===" => format!("{left} === {number_text}"),
        FieldKind::Number => guarded(left, sign, number, &number_text),
        // A missing or empty value is no number, though JavaScript would read it as 0.
        _ => format!("(String({left} ?? '').trim() !== '' && Number({left}) {sign} {number_text})"),
    }
}

/// Comparisons that a missing value would fulfil are guarded.
fn guarded(left: &str, sign: &str, number: f64, number_text: &str) -> String {
    let null_fits = match sign {
        ">" => 0.0 > number,
        "<" => 0.0 < number,
        ">=" => 0.0 >= number,
        _ => 0.0 <= number,
    };
    if null_fits { format!("(({left} ?? null) !== null && {left} {sign} {number_text})") } else { format!("{left} {sign} {number_text}") }
}

fn equal_text(field: &FieldRef, text: &str, left: &str) -> String {
    let yes = ["true", "yes"].contains(&text.to_lowercase().as_str());
    let no = ["false", "no"].contains(&text.to_lowercase().as_str());
    match field {
        FieldRef::Known(known)
            if known.kind == FieldKind::Bool || ((yes || no) && matches!(known.kind, FieldKind::BoolText | FieldKind::Unknown)) =>
        {
            let flag = flag(field, left);
            if no { format!("!({flag})") } else { flag }
        }
        FieldRef::Known(known)
            if known.values.iter().any(|value| value == text)
                && !known.values.iter().any(|value| value != text && value.eq_ignore_ascii_case(text)) =>
        {
            format!("{left} === {}", js::text(text))
        }
        FieldRef::Known(known) if known.kind == FieldKind::Deep => {
            format!("{}.includes({})", without_case(left), js::text(&text.to_lowercase()))
        }
        _ => format!("{} === {}", without_case(left), js::text(&text.to_lowercase())),
    }
}
