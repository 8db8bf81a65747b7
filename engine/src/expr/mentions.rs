//! Where the expressions of a text mention what they refer to, as byte ranges: for changes that have to follow a name.

use super::ROOTS;
use super::syntax::{is_one_expression, on_a_stack_for};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionExpression, BindingIdentifier, CallExpression, ComputedMemberExpression, Expression, IdentifierReference,
    StaticMemberExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};
use std::ops::Range;

/// How many `}}` are tried as the end of an expression, which may hold some in its texts and objects.
const MAX_ENDS: usize = 16;

/// A path such as `steps.fetch.output` in an expression of a text. Where it ends in the name of a method that is called,
/// that name is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// One of [`ROOTS`].
    pub root: String,
    /// The root's name in the text, in bytes.
    pub range: Range<usize>,
    /// The literal members behind it.
    pub parts: Vec<MentionedPart>,
}

/// A literal member of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MentionedPart {
    /// Its name or index.
    pub name: String,
    /// What is written for it, in bytes of the text: `.name`, `?.name` or `["name"]`.
    pub range: Range<usize>,
}

impl MentionedPart {
    /// What has to be written in its place to mean another member.
    pub fn written_as(&self, text: &str, name: &str) -> String {
        let optional = text.get(self.range.clone()).is_some_and(|written| written.trim_start().starts_with("?."));
        let word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match (optional, word) {
            (true, true) => format!("?.{name}"),
            (false, true) => format!(".{name}"),
            (true, false) => format!("?.[{}]", quoted(name)),
            (false, false) => format!("[{}]", quoted(name)),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Everything that the expressions of a text mention, in the order of the text. An expression that cannot be parsed
/// mentions nothing.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    for range in expressions(text) {
        let source = &text[range.clone()];
        let inside = on_a_stack_for(source, || of_expression(source)).unwrap_or_default();
        let moved = |at: &Range<usize>| at.start + range.start..at.end + range.start;
        found.extend(inside.into_iter().map(|mention| Mention {
            range: moved(&mention.range),
            parts: mention.parts.iter().map(|part| MentionedPart { name: part.name.clone(), range: moved(&part.range) }).collect(),
            root: mention.root,
        }));
    }
    found.sort_by_key(|mention| mention.range.start);
    found
}

/// What stands between `${{` and `}}`, in bytes.
fn expressions(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("${{") {
        let begin = at + start + 3;
        let rest = &text[begin..];
        let ends: Vec<usize> =
            rest.match_indices('}').map(|(at, _)| at).filter(|at| rest[*at..].starts_with("}}")).take(MAX_ENDS).collect();
        let Some(first) = ends.first() else { break };
        let end = ends.iter().find(|end| is_one_expression(&rest[..**end])).unwrap_or(first);
        found.push(begin..begin + end);
        at = begin + end + 2;
    }
    found
}

fn of_expression(source: &str) -> Vec<Mention> {
    let allocator = Allocator::default();
    let mut collector = Collector { found: Vec::new(), hidden: Vec::new() };
    if let Ok(expression) = Parser::new(&allocator, source, SourceType::mjs()).parse_expression() {
        collector.visit_expression(&expression);
    }
    collector.found
}

struct Collector {
    found: Vec<Mention>,
    /// Names that arrow parameters in scope give another meaning.
    hidden: Vec<String>,
}

impl Collector {
    /// The path that an expression is, when it starts at a root.
    fn path(&self, expression: &Expression<'_>) -> Option<Mention> {
        match expression {
            Expression::Identifier(identifier) => {
                let name = identifier.name.as_str();
                let known = ROOTS.contains(&name) && !self.hidden.iter().any(|hidden| hidden == name);
                known.then(|| Mention { root: name.to_owned(), range: bytes(identifier.span()), parts: Vec::new() })
            }
            Expression::ParenthesizedExpression(inner) => self.path(&inner.expression),
            Expression::StaticMemberExpression(member) => self.static_path(member),
            Expression::ComputedMemberExpression(member) => self.computed_path(member),
            _ => None,
        }
    }

    fn static_path(&self, member: &StaticMemberExpression<'_>) -> Option<Mention> {
        let mut mention = self.path(&member.object)?;
        let range = bytes(member.object.span()).end..bytes(member.span()).end;
        mention.parts.push(MentionedPart { name: member.property.name.to_string(), range });
        Some(mention)
    }

    fn computed_path(&self, member: &ComputedMemberExpression<'_>) -> Option<Mention> {
        let name = match &member.expression {
            Expression::StringLiteral(literal) => literal.value.to_string(),
            Expression::NumericLiteral(literal) if literal.value >= 0.0 && literal.value.fract() == 0.0 => literal.value.to_string(),
            _ => return None,
        };
        let mut mention = self.path(&member.object)?;
        let range = bytes(member.object.span()).end..bytes(member.span()).end;
        mention.parts.push(MentionedPart { name, range });
        Some(mention)
    }
}

impl<'a> Visit<'a> for Collector {
    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        let name = identifier.name.as_str();
        if ROOTS.contains(&name) && !self.hidden.iter().any(|hidden| hidden == name) {
            self.found.push(Mention { root: name.to_owned(), range: bytes(identifier.span()), parts: Vec::new() });
        }
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        match self.static_path(member) {
            Some(mention) => self.found.push(mention),
            None => walk::walk_static_member_expression(self, member),
        }
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        match self.computed_path(member) {
            Some(mention) => self.found.push(mention),
            None => walk::walk_computed_member_expression(self, member),
        }
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        match self.path(&call.callee) {
            Some(mut mention) => {
                mention.parts.pop();
                self.found.push(mention);
                call.arguments.iter().for_each(|argument| self.visit_argument(argument));
            }
            None => walk::walk_call_expression(self, call),
        }
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        let outside = self.hidden.len();
        walk::walk_arrow_function_expression(self, arrow);
        self.hidden.truncate(outside);
    }

    fn visit_binding_identifier(&mut self, identifier: &BindingIdentifier<'a>) {
        self.hidden.push(identifier.name.to_string());
    }
}

fn bytes(span: oxc_span::Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |mention: &Mention| {
            let parts: Vec<String> = mention.parts.iter().map(|part| format!("{}<{}>", part.name, &text[part.range.clone()])).collect();
            format!("{} {}", &text[mention.range.clone()], parts.join(" "))
        };
        mentions(text).iter().map(show).collect()
    }

    #[test]
    fn paths_are_found_with_the_places_of_their_members() {
        assert_eq!(shown("n: ${{ steps.a.output['x-y'][0] }}, steps.b"), ["steps a<.a> output<.output> x-y<['x-y']> 0<[0]>"]);
        assert_eq!(shown("${{ steps?.a?.output ?? (inputs).n }}"), ["steps a<?.a> output<?.output>", "inputs n<.n>"]);
        assert_eq!(shown("${{ '}}' + item.a }} and ${{ item.b }}"), ["item a<.a>", "item b<.b>"]);
    }

    #[test]
    fn methods_and_computed_members_end_a_path() {
        assert_eq!(
            shown("${{ steps.a.output.items.filter(x => x.id > item.n).length }}"),
            ["steps a<.a> output<.output> items<.items>", "item n<.n>"]
        );
        assert_eq!(shown("${{ steps.a.output.list[index].id }}"), ["steps a<.a> output<.output> list<.list>", "index "]);
    }

    #[test]
    fn a_parameter_hides_a_root_of_its_name() {
        assert_eq!(shown("${{ inputs.list.map(item => item.a).concat(item.b) }}"), ["inputs list<.list>", "item b<.b>"]);
    }

    #[test]
    fn what_cannot_be_parsed_mentions_nothing() {
        assert_eq!(shown("${{ steps. }} ${{ steps.a"), Vec::<String>::new());
        assert_eq!(shown("plain steps.a"), Vec::<String>::new());
    }

    #[test]
    fn another_name_is_written_as_it_must_be() {
        let text = "${{ steps.a.output + steps?.a }}";
        let found = mentions(text);
        assert_eq!(found[0].parts[0].written_as(text, "b"), ".b");
        assert_eq!(found[0].parts[0].written_as(text, "b-c"), "['b-c']");
        assert_eq!(found[1].parts[0].written_as(text, "b-c"), "?.['b-c']");
    }
}
