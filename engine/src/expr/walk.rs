//! The allow-list: walks a parsed expression, refuses what is not on the list, and collects what it refers to.

use super::refusal::{Refusal, shorten};
use super::{ROOTS, Reference};
use crate::suggest::did_you_mean;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, ArrowFunctionExpression, BindingPattern, CallExpression, ChainElement, Expression,
    ObjectExpression, ObjectPropertyKind, PropertyKey, PropertyKind, UnaryOperator,
};
use oxc_span::GetSpan;

/// Safe names besides [`ROOTS`] that every expression may use.
pub const GLOBALS: &[&str] = &[
    "Math",
    "JSON",
    "Number",
    "String",
    "Boolean",
    "Array",
    "Object",
    "Date",
    "parseInt",
    "parseFloat",
    "isNaN",
    "isFinite",
    "encodeURIComponent",
    "decodeURIComponent",
    "undefined",
    "NaN",
    "Infinity",
];
/// Members that lead from a value to the machinery behind it.
const FORBIDDEN: &[&str] = &["constructor", "__proto__", "prototype"];
/// Words that strict code cannot give to a parameter, though the first parser lets them pass.
const RESERVED: &[&str] =
    &["eval", "arguments", "yield", "await", "let", "static", "implements", "interface", "package", "private", "protected", "public"];
/// Methods that change a value in place.
const MUTATORS: &[&str] = &[
    "sort",
    "reverse",
    "splice",
    "push",
    "pop",
    "shift",
    "unshift",
    "fill",
    "copyWithin",
    "assign",
    "defineProperty",
    "defineProperties",
    "setPrototypeOf",
    "freeze",
    "seal",
    "preventExtensions",
];

/// Walks one expression.
pub(super) struct Walker<'s> {
    source: &'s str,
    /// Arrow parameters in scope, innermost last.
    params: Vec<String>,
    references: Vec<Reference>,
    mutates: bool,
    refusals: Vec<Refusal>,
}

impl<'s> Walker<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, params: Vec::new(), references: Vec::new(), mutates: false, refusals: Vec::new() }
    }

    /// Walks the whole expression; what it refers to when it is nothing but a path.
    pub(super) fn whole(&mut self, expression: &Expression<'_>) -> Option<Reference> {
        let place = self.place(expression);
        if let Some(place) = &place {
            self.record(place.clone());
        }
        place
    }

    /// The references and whether anything is changed in place.
    pub(super) fn finish(self) -> Result<(Vec<Reference>, bool), Vec<Refusal>> {
        if self.refusals.is_empty() { Ok((self.references, self.mutates)) } else { Err(self.refusals) }
    }

    fn refuse(&mut self, code: &'static str, message: String, help: impl Into<String>) {
        let refusal = Refusal::new(code, message, help);
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    fn text(&self, node: &impl GetSpan) -> String {
        let span = node.span();
        shorten(self.source.get(span.start as usize..span.end as usize).unwrap_or(self.source))
    }

    fn not_allowed(&mut self, what: &str, node: &impl GetSpan, help: &str) {
        let message = format!("{what} is not allowed in an expression: `{}`", self.text(node));
        self.refuse("E0404", message, help);
    }

    fn record(&mut self, reference: Reference) {
        if reference.root == "steps" && reference.path.is_empty() {
            let message = format!("`steps` without the literal name of a step in `{}`", shorten(self.source));
            self.refuse("E0407", message, "name the step: steps.fetch.output, or steps[\"my-step\"].output");
        } else if !self.references.contains(&reference) {
            self.references.push(reference);
        }
    }

    fn expression(&mut self, expression: &Expression<'_>) {
        if let Some(place) = self.place(expression) {
            self.record(place);
        }
    }

    /// Walks an expression. A path that starts at a root comes back unrecorded, so that the caller can add to it.
    fn place(&mut self, expression: &Expression<'_>) -> Option<Reference> {
        match expression {
            Expression::Identifier(identifier) => return self.identifier(identifier.name.as_str()),
            Expression::ParenthesizedExpression(inner) => return self.place(&inner.expression),
            Expression::StaticMemberExpression(member) => {
                return self.static_member(&member.object, member.property.name.as_str());
            }
            Expression::ComputedMemberExpression(member) => return self.computed_member(&member.object, &member.expression),
            Expression::ChainExpression(chain) => {
                return match &chain.expression {
                    ChainElement::StaticMemberExpression(member) => self.static_member(&member.object, member.property.name.as_str()),
                    ChainElement::ComputedMemberExpression(member) => self.computed_member(&member.object, &member.expression),
                    ChainElement::CallExpression(call) => {
                        self.call(call);
                        None
                    }
                    _ => {
                        self.not_allowed("this syntax", expression, "use members and methods");
                        None
                    }
                };
            }
            _ => self.compound(expression),
        }
        None
    }

    fn compound(&mut self, expression: &Expression<'_>) {
        match expression {
            Expression::BooleanLiteral(_) | Expression::NullLiteral(_) | Expression::RegExpLiteral(_) => {}
            Expression::NumericLiteral(literal) => {
                if literal.raw.as_ref().is_some_and(|raw| is_old_octal(raw.as_str())) {
                    self.not_allowed("a number with a leading 0", expression, "leave the 0 out, or write 0o for octal");
                }
            }
            Expression::StringLiteral(literal) => {
                if literal.raw.as_ref().is_some_and(|raw| has_octal_escape(raw.as_str())) {
                    self.not_allowed("an octal escape", expression, "write \\x or \\u with hexadecimal digits");
                }
            }
            Expression::TemplateLiteral(template) => template.expressions.iter().for_each(|part| self.expression(part)),
            Expression::ArrayExpression(array) => {
                for element in &array.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(spread) => self.expression(&spread.argument),
                        ArrayExpressionElement::Elision(_) => {}
                        other => self.inner(other.as_expression(), other),
                    }
                }
            }
            Expression::ObjectExpression(object) => self.object(object),
            Expression::ConditionalExpression(choice) => {
                self.expression(&choice.test);
                self.expression(&choice.consequent);
                self.expression(&choice.alternate);
            }
            Expression::LogicalExpression(pair) => {
                self.expression(&pair.left);
                self.expression(&pair.right);
            }
            Expression::BinaryExpression(pair) => {
                self.expression(&pair.left);
                self.expression(&pair.right);
            }
            Expression::UnaryExpression(unary) if unary.operator != UnaryOperator::Delete => self.expression(&unary.argument),
            Expression::CallExpression(call) => self.call(call),
            Expression::ArrowFunctionExpression(arrow) => self.arrow(arrow),
            other => {
                let (what, help) = refused_syntax(other);
                self.not_allowed(what, other, help);
            }
        }
    }

    fn inner(&mut self, expression: Option<&Expression<'_>>, node: &impl GetSpan) {
        match expression {
            Some(expression) => self.expression(expression),
            None => self.not_allowed("this syntax", node, "use plain values"),
        }
    }

    fn identifier(&mut self, name: &str) -> Option<Reference> {
        if self.params.iter().any(|param| param == name) {
            return None;
        }
        if ROOTS.contains(&name) {
            return Some(Reference { root: name.to_owned(), path: Vec::new() });
        }
        match name {
            "Date" => {
                self.refuse("E0404", "Date is only available as Date.parse(…) and Date.UTC(…)".to_owned(), "the time of the step is `now`");
            }
            "Math" => self.refuse("E0404", "Math is only available through its members".to_owned(), "such as Math.max(1, 2)"),
            _ if GLOBALS.contains(&name) => {}
            _ => self.unknown(name),
        }
        None
    }

    fn unknown(&mut self, name: &str) {
        let names: Vec<&str> = self.params.iter().map(String::as_str).chain(ROOTS.iter().copied()).chain(GLOBALS.iter().copied()).collect();
        let help = did_you_mean(name, names.iter().copied().take_while(|_| true), "an expression sees")
            .filter(|text| text.starts_with("did"))
            .unwrap_or_else(|| format!("an expression sees: {}; text needs quotes: '{name}'", ROOTS.join(", ")));
        self.refuse("E0405", format!("unknown name `{name}` in `{}`", shorten(self.source)), help);
    }

    fn member_name(&mut self, name: &str) {
        if FORBIDDEN.contains(&name) {
            self.refuse(
                "E0406",
                format!("the member `{name}` is not available in expressions"),
                "read data members only; a field of that name can be renamed in a code.javascript step",
            );
        }
    }

    fn static_member(&mut self, object: &Expression<'_>, name: &str) -> Option<Reference> {
        self.member_name(name);
        if let Some(global) = self.restricted_global(object) {
            self.global_member(global, name);
            return None;
        }
        let mut place = self.place(object)?;
        place.path.push(name.to_owned());
        Some(place)
    }

    fn computed_member(&mut self, object: &Expression<'_>, key: &Expression<'_>) -> Option<Reference> {
        if let Some(name) = literal_key(key) {
            return self.static_member(object, &name);
        }
        self.expression(key);
        self.expression(object);
        None
    }

    /// `Math` or `Date`, when the expression is that name and no parameter hides it.
    fn restricted_global(&self, object: &Expression<'_>) -> Option<&'static str> {
        let Expression::Identifier(identifier) = object else { return None };
        let name = identifier.name.as_str();
        if self.params.iter().any(|param| param == name) {
            return None;
        }
        ["Math", "Date"].into_iter().find(|global| *global == name)
    }

    fn global_member(&mut self, global: &str, name: &str) {
        let help = match (global, name) {
            ("Math", "random") => "results must be repeatable; hash.digest of an id gives a stable spread",
            ("Date", "parse" | "UTC") | ("Math", _) => return,
            _ => "only Date.parse(…) and Date.UTC(…) are available; the time of the step is `now`",
        };
        self.refuse("E0404", format!("{global}.{name} is not allowed in an expression"), help);
    }

    fn call(&mut self, call: &CallExpression<'_>) {
        self.callee(&call.callee);
        for argument in &call.arguments {
            match argument {
                Argument::SpreadElement(spread) => self.expression(&spread.argument),
                other => self.inner(other.as_expression(), other),
            }
        }
    }

    /// What is called. The object of a method is what the expression refers to, not the method.
    fn callee(&mut self, callee: &Expression<'_>) {
        let (object, name) = match callee {
            Expression::StaticMemberExpression(member) => (&member.object, Some(member.property.name.to_string())),
            Expression::ComputedMemberExpression(member) => (&member.object, literal_key(&member.expression)),
            Expression::ParenthesizedExpression(inner) => return self.callee(&inner.expression),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::StaticMemberExpression(member) => (&member.object, Some(member.property.name.to_string())),
                ChainElement::ComputedMemberExpression(member) => (&member.object, literal_key(&member.expression)),
                _ => return self.expression(callee),
            },
            _ => return self.expression(callee),
        };
        let Some(name) = name else {
            self.mutates = true;
            return self.expression(callee);
        };
        self.mutates |= MUTATORS.contains(&name.as_str());
        self.member_name(&name);
        match self.restricted_global(object) {
            Some(global) => self.global_member(global, &name),
            None => self.expression(object),
        }
    }

    fn object(&mut self, object: &ObjectExpression<'_>) {
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => self.expression(&spread.argument),
                ObjectPropertyKind::ObjectProperty(property) => {
                    if property.kind != PropertyKind::Init || property.method {
                        self.not_allowed("a method or accessor", property.as_ref(), "use plain values and arrow functions");
                        continue;
                    }
                    self.key(&property.key);
                    self.expression(&property.value);
                }
            }
        }
    }

    fn key(&mut self, key: &PropertyKey<'_>) {
        match key {
            PropertyKey::StaticIdentifier(name) => self.member_name(name.name.as_str()),
            PropertyKey::PrivateIdentifier(_) => self.not_allowed("a private name", key, "use a plain name"),
            other => {
                let name = other.as_expression().and_then(literal_key);
                match name {
                    Some(name) => self.member_name(&name),
                    None => self.inner(other.as_expression(), other),
                }
            }
        }
    }

    fn arrow(&mut self, arrow: &ArrowFunctionExpression<'_>) {
        if arrow.r#async {
            return self.not_allowed("an async function", arrow, "use a plain arrow function");
        }
        let depth = self.params.len();
        for param in &arrow.params.items {
            self.binding(&param.pattern, depth);
        }
        if let Some(rest) = &arrow.params.rest {
            self.binding(&rest.rest.argument, depth);
        }
        for initializer in arrow.params.items.iter().filter_map(|param| param.initializer.as_ref()) {
            self.expression(initializer);
        }
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(_) => {
                self.not_allowed("a function body with statements", arrow, "write one expression after =>, without braces");
            }
            body => self.inner(body.as_expression(), body),
        }
        self.params.truncate(depth);
    }

    /// Takes the names of a parameter into scope. Those from `outer` on belong to the same function.
    fn binding(&mut self, pattern: &BindingPattern<'_>, outer: usize) {
        match pattern {
            BindingPattern::BindingIdentifier(identifier) => {
                let name = identifier.name.to_string();
                if RESERVED.contains(&name.as_str()) || self.params[outer..].contains(&name) {
                    self.not_allowed("this parameter name", identifier.as_ref(), "give each parameter a name of its own");
                }
                self.params.push(name);
            }
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    self.key(&property.key);
                    self.binding(&property.value, outer);
                }
                if let Some(rest) = &object.rest {
                    self.binding(&rest.argument, outer);
                }
            }
            BindingPattern::ArrayPattern(array) => {
                array.elements.iter().flatten().for_each(|element| self.binding(element, outer));
                if let Some(rest) = &array.rest {
                    self.binding(&rest.argument, outer);
                }
            }
            BindingPattern::AssignmentPattern(assignment) => {
                self.binding(&assignment.left, outer);
                self.expression(&assignment.right);
            }
        }
    }
}

/// Numbers such as `010`, which mean different things in different places.
fn is_old_octal(raw: &str) -> bool {
    let mut bytes = raw.bytes();
    bytes.next() == Some(b'0') && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
}

fn has_octal_escape(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(offset) = raw[at..].find('\\') {
        let digit = bytes.get(at + offset + 1).copied().unwrap_or_default();
        let next = bytes.get(at + offset + 2).copied().unwrap_or_default();
        if (b'1'..=b'9').contains(&digit) || (digit == b'0' && next.is_ascii_digit()) {
            return true;
        }
        // The character behind a backslash may take several bytes, none of which is a backslash.
        at += offset + 1 + raw[at + offset + 1..].chars().next().map_or(0, char::len_utf8);
    }
    false
}

/// The member that a computed access names, when it is written out.
fn literal_key(key: &Expression<'_>) -> Option<String> {
    match key {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.quasis.first().and_then(|quasi| quasi.value.cooked.as_ref()).map(ToString::to_string)
        }
        Expression::NumericLiteral(number) if number.value >= 0.0 && number.value.fract() == 0.0 && number.value < 9e15 => {
            Some(format!("{}", number.value))
        }
        Expression::ParenthesizedExpression(inner) => literal_key(&inner.expression),
        _ => None,
    }
}

fn refused_syntax(expression: &Expression<'_>) -> (&'static str, &'static str) {
    match expression {
        Expression::AssignmentExpression(_) => ("an assignment", "use == or === to compare; data.set keeps a value under a name"),
        Expression::UpdateExpression(_) => ("++ or --", "use + 1 or - 1"),
        Expression::UnaryExpression(_) => ("delete", "leave a field out with (({ field, ...rest }) => rest)(value)"),
        Expression::NewExpression(_) => ("new", "for times use Date.parse(…), Date.UTC(…) or a date.format step"),
        Expression::ThisExpression(_) => ("this", "name what you mean: inputs, steps, item"),
        Expression::FunctionExpression(_) => ("a function with a body", "use an arrow function with one expression"),
        Expression::ClassExpression(_) => ("a class", "use plain objects"),
        Expression::ImportExpression(_) | Expression::ImportMeta(_) => ("import", "an expression reaches nothing outside the run"),
        Expression::SequenceExpression(_) => ("a comma between expressions", "write one expression"),
        Expression::TaggedTemplateExpression(_) => ("a tagged template", "use a plain template"),
        Expression::AwaitExpression(_) | Expression::YieldExpression(_) => ("await or yield", "expressions do not wait"),
        Expression::BigIntLiteral(_) => ("a big integer", "use a plain number"),
        _ => ("this syntax", "use literals, members, methods, operators and arrow functions"),
    }
}
