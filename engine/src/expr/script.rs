//! Scripts of statements, for `code.javascript`.

use super::syntax::is_one_expression;

/// The source of the function that a script becomes, with `input` as its parameter. A script that is one expression
/// gives its value; else a `return` does.
pub(super) fn function_of(script: &str) -> String {
    let trimmed = script.trim();
    let expression = trimmed.strip_suffix(';').unwrap_or(trimmed);
    if !expression.trim().is_empty() && is_one_expression(expression) {
        format!("(function (input) {{ \"use strict\"; return (\n{expression}\n); }})")
    } else {
        format!("(function (input) {{ \"use strict\";\n{script}\n}})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_expression_is_returned_and_statements_return_for_themselves() {
        assert!(function_of("input.a + 1;").contains("return (\ninput.a + 1\n)"));
        assert!(function_of("({ a: 1 })").contains("return ("));
        assert!(!function_of("const x = 1; return x").contains("return ("));
        assert!(!function_of("").contains("return"));
    }
}
