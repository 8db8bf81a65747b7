//! What expressions give, and what they cannot do.

use sayflow_engine::expr::{EvalError, Evaluator, Scope, Template};
use serde_json::{Value, json};
use std::sync::Arc;

fn scope(values: Value) -> Arc<Scope> {
    let mut scope = Scope::default();
    for (root, value) in values.as_object().expect("an object by root") {
        scope.values.insert(root.clone(), Arc::new(value.clone()));
    }
    Arc::new(scope)
}

fn compile(value: Value) -> Template {
    Template::compile(&value).unwrap_or_else(|errors| panic!("{value}: {errors:?}"))
}

async fn eval_in(evaluator: &Evaluator, source: &str, values: Value) -> Result<Value, EvalError> {
    evaluator.render(&compile(json!(format!("${{{{ {source} }}}}"))), &scope(values)).await
}

async fn eval(source: &str, values: Value) -> Value {
    eval_in(&Evaluator::new(), source, values).await.unwrap_or_else(|why| panic!("{source}: {why}"))
}

#[tokio::test]
async fn values_keep_their_types_and_undefined_is_null() {
    let values = json!({
        "inputs": { "n": 3, "word": "rust", "list": [3, 1, 2] },
        "steps": { "my-step": { "output": { "items": [{ "title": "Rust 2" }, { "title": "Go" }] } } },
    });
    for (source, expected) in [
        ("inputs.n + 1", json!(4)),
        ("inputs.n / 2", json!(1.5)),
        ("inputs.missing?.x", json!(null)),
        ("undefined", json!(null)),
        ("inputs.n > 2 && 'yes'", json!("yes")),
        ("inputs.list.sort()", json!([1, 2, 3])),
        ("steps['my-step'].output.items.filter(({ title }) => title.toLowerCase().includes(inputs.word)).length", json!(1)),
        ("({ ...inputs, n: undefined })", json!({ "word": "rust", "list": [3, 1, 2] })),
        ("Math.max(...inputs.list)", json!(3)),
        ("0 / 0", json!(null)),
        ("`${inputs.word} // not a comment` // a comment", json!("rust // not a comment")),
        ("'👍'.slice(0, 1)", json!("\u{fffd}")),
        ("Object.entries({ a: 1 }).map(([k, v]) => k + v)", json!(["a1"])),
        ("Date.parse('2026-01-01T00:00:00Z')", json!(1_767_225_600_000_i64)),
        ("inputs.word.replace(/r(u)/, (all, u) => u.toUpperCase())", json!("Ust")),
        ("(x => x * 2)(inputs.n)", json!(6)),
    ] {
        assert_eq!(eval(source, values.clone()).await, expected, "{source}");
    }
}

#[tokio::test]
async fn text_around_expressions_is_filled_in_order() {
    let template =
        compile(json!({ "text": "${{ inputs.a.toUpperCase() }}-${{ inputs.b }}-${{ inputs.b + 1 }}${{ null }}!", "n": ["${{ 1 + 1 }}"] }));
    let value = Evaluator::new().render(&template, &scope(json!({ "inputs": { "a": "x", "b": 1.0 } }))).await.expect("a value");
    assert_eq!(value, json!({ "text": "X-1-2!", "n": [2] }));
}

#[tokio::test]
async fn a_thrown_error_names_the_expression_and_what_was_thrown() {
    let why = eval_in(&Evaluator::new(), "steps.a.output.title.trim()", json!({ "steps": { "a": { "output": null } } }))
        .await
        .expect_err("throws");
    assert_eq!(why.code, "expression_threw");
    assert!(why.message.contains("`steps.a.output.title.trim()` threw TypeError"), "{}", why.message);
}

#[tokio::test]
async fn escapes_find_nothing_to_hold_on_to() {
    let evaluator = Evaluator::new();
    let name = "'const' + 'ructor'";
    for (source, expected) in [
        (format!("Object.getOwnPropertyNames(Object.getPrototypeOf(() => 1)).includes({name})"), json!(false)),
        (format!("(() => 1)[{name}] === Object"), json!(true)),
        (format!("typeof (x => x)[{name}]('return 1')"), json!("object")),
        ("({})['__pro' + 'to__'] === undefined".to_owned(), json!(true)),
        ("typeof ({})['__define' + 'Getter__']".to_owned(), json!("undefined")),
        ("Object.isFrozen(Object.getPrototypeOf({})) && Object.isFrozen(Object.getPrototypeOf([].values()))".to_owned(), json!(true)),
        ("Object.isFrozen(String) && Object.isFrozen(JSON) && Object.isFrozen(Object.getPrototypeOf(/x/))".to_owned(), json!(true)),
        ("Object.isFrozen(Object.getPrototypeOf(''.matchAll(/x/g)))".to_owned(), json!(true)),
    ] {
        assert_eq!(eval_in(&evaluator, &source, json!({})).await, Ok(expected), "{source}");
    }
}

#[tokio::test]
async fn what_one_expression_does_the_next_does_not_see() {
    let evaluator = Evaluator::new();
    for source in [
        "Object.defineProperty(Object.getPrototypeOf([]), 'map', { value: () => 'mine' })",
        "Object.assign(JSON, { parse: 1 })",
        "Object.setPrototypeOf(Object.getPrototypeOf([]), { evil: 1 })",
        "Object.defineProperty(Object.getPrototypeOf({}), 'evil', { get: () => 1 })",
    ] {
        assert_eq!(eval_in(&evaluator, source, json!({})).await.expect_err(source).code, "expression_threw");
    }
    let again = "inputs.list.push(1)";
    for _ in 0..2 {
        assert_eq!(eval_in(&evaluator, again, json!({ "inputs": { "list": [] } })).await, Ok(json!(1)));
    }
    assert_eq!(eval_in(&evaluator, "[1, 2].map(x => x + 1).concat({}.evil ?? [])", json!({})).await, Ok(json!([2, 3])));
}

#[tokio::test]
async fn what_never_ends_is_interrupted_and_the_evaluator_goes_on() {
    let evaluator = Evaluator::new();
    for source in [
        "((f) => f(f))(f => [1].map(() => f(f)) && Array.from({ length: 1e9 }, () => f(f)))",
        "Array.from({ length: 1e9 }, (x, i) => i).length",
        "/(a+)+$/.test('a'.repeat(60) + 'b')",
        "[...Array(1e6).keys()].map(i => [...Array(1e6).keys()].map(j => i * j).length)",
    ] {
        let why = eval_in(&evaluator, source, json!({})).await.expect_err(source);
        assert!(["expression_timeout", "expression_memory", "expression_threw"].contains(&why.code.as_str()), "{source}: {why}");
        assert_eq!(eval_in(&evaluator, "1 + 1", json!({})).await, Ok(json!(2)));
    }
    let why = eval_in(&evaluator, "/(a+)+$/.test('a'.repeat(60) + 'b')", json!({})).await.expect_err("slow");
    assert_eq!(why.code, "expression_timeout");
    let why = evaluator.script("while (true) {}", json!(null)).await.expect_err("never ends");
    assert_eq!(why.code, "expression_timeout");
}

#[tokio::test]
async fn a_builtin_that_cannot_be_interrupted_is_given_up() {
    let evaluator = Evaluator::new();
    let why = eval_in(&evaluator, "Array(4294967295).indexOf(1)", json!({})).await.expect_err("takes minutes");
    assert_eq!(why.code, "expression_timeout");
    assert_eq!(eval_in(&evaluator, "1 + 1", json!({})).await, Ok(json!(2)));
}

#[tokio::test]
async fn eating_memory_ends_in_an_error_and_the_evaluator_goes_on() {
    let evaluator = Evaluator::new();
    for source in ["'x'.repeat(1e9)", "Array(3e7).fill('x'.repeat(9))", "[...'x'.repeat(1e7)].map(x => x.repeat(99))"] {
        let why = eval_in(&evaluator, source, json!({})).await.expect_err(source);
        assert_eq!(why.code, "expression_memory", "{source}: {why}");
        assert_eq!(eval_in(&evaluator, "1 + 1", json!({})).await, Ok(json!(2)));
    }
    let why = evaluator.script("const all = []; while (true) all.push('x'.repeat(1e6) + all.length)", json!(null)).await.expect_err("bomb");
    assert_eq!(why.code, "expression_memory", "{why}");
}

#[tokio::test]
async fn recursion_without_end_ends_in_an_error() {
    let evaluator = Evaluator::new();
    let why = eval_in(&evaluator, "(f => f(f))(f => 1 + f(f))", json!({})).await.expect_err("recursion");
    assert_eq!(why.code, "expression_threw");
    assert!(why.message.contains("stack"), "{why}");
    assert_eq!(eval_in(&evaluator, "1 + 1", json!({})).await, Ok(json!(2)));
}

#[tokio::test]
async fn getters_and_to_json_run_inside_the_limits() {
    let evaluator = Evaluator::new();
    let source = "({ toJSON: () => Array.from({ length: 1e9 }, () => 'x'.repeat(3)) })";
    assert!(
        ["expression_timeout", "expression_memory"]
            .contains(&eval_in(&evaluator, source, json!({})).await.expect_err("endless").code.as_str())
    );
    let source = "Object.defineProperty({}, 'a', { enumerable: true, get: () => 7 })";
    assert_eq!(eval_in(&evaluator, source, json!({})).await, Ok(json!({ "a": 7 })));
}

#[tokio::test]
async fn a_lambda_sees_its_item_and_the_scope_around_it() {
    let evaluator = Evaluator::new();
    let outer = scope(json!({ "inputs": { "least": 2 }, "item": "the loop's" }));
    let items = [json!({ "n": 1, "a": { "b": "x" } }), json!({ "n": 2, "a": { "b": "y" } }), json!({ "n": 3 })];
    for (source, expected) in [
        (json!("${{ item.n >= inputs.least }}"), json!([false, true, true])),
        (json!("${{ item.n }}"), json!([1, 2, 3])),
        (json!("a.b"), json!(["x", "y", null])),
        (
            json!({ "n": "${{ item.n * 10 }}", "at": "${{ index }}", "k": "${{ index + 1 }}. ${{ item.a.b }}" }),
            json!([
                { "n": 10, "at": 0, "k": "1. x" },
                { "n": 20, "at": 1, "k": "2. y" },
                { "n": 30, "at": 2, "k": "3. " },
            ]),
        ),
        (json!(7), json!([7, 7, 7])),
    ] {
        let lambda = evaluator.lambda(compile(source.clone()), Arc::clone(&outer));
        assert_eq!(lambda.call_all(&items).await.map(Value::Array), Ok(expected), "{source}");
    }
}

#[tokio::test]
async fn a_lambda_that_sorts_in_place_leaves_the_next_item_alone() {
    let evaluator = Evaluator::new();
    let outer = scope(json!({ "inputs": { "list": [1, 2, 3] } }));
    let lambda = evaluator.lambda(compile(json!("${{ inputs.list.reverse()[0] + item.pop() }}")), outer);
    assert_eq!(lambda.call_all(&[json!([10]), json!([20])]).await, Ok(vec![json!(13), json!(23)]));
}

#[tokio::test]
async fn a_lambda_over_many_items_goes_over_in_portions() {
    let evaluator = Evaluator::new();
    let lambda = evaluator.lambda(compile(json!("${{ item.n + item.pad.length }}")), Arc::default());
    let items: Vec<Value> = (0..3000).map(|n| json!({ "n": n, "pad": "x".repeat(2000), "unused": "y".repeat(10_000) })).collect();
    let values = lambda.call_all(&items).await.expect("values");
    assert_eq!(values.len(), 3000);
    assert_eq!(values[2999], json!(4999));
}

#[tokio::test]
async fn a_lambda_that_throws_says_at_which_item() {
    let evaluator = Evaluator::new();
    let lambda = evaluator.lambda(compile(json!("${{ item.title.trim() }}")), Arc::default());
    let why = lambda.call_all(&[json!({ "title": "a" }), json!({})]).await.expect_err("throws");
    assert!(why.message.contains("`item.title.trim()` threw TypeError") && why.message.ends_with("(at item 1)"), "{why}");
}

#[tokio::test]
async fn scripts_return_a_value_and_see_only_their_input() {
    let evaluator = Evaluator::new();
    for (script, expected) in [
        ("const total = input.list.reduce((a, b) => a + b, 0);\nreturn { total };", json!({ "total": 6 })),
        ("input.list.length", json!(3)),
        ("({ a: input.list[0] });", json!({ "a": 1 })),
        ("const x = 1;", json!(null)),
        (
            "return [typeof eval, typeof Function, typeof process, typeof require, typeof fetch, typeof setTimeout];",
            json!(vec!["undefined"; 6]),
        ),
        ("try { return (() => 1).constructor === Object } catch (e) { return 'no' }", json!(true)),
        (
            "return Object.getPrototypeOf(async function () {}).constructor === Object.getPrototypeOf(function () {}).constructor",
            json!(true),
        ),
        ("return new Date('2026-01-01T00:00:00Z').getTime()", json!(1_767_225_600_000_i64)),
        ("return typeof Date.now + typeof Math.random", json!("undefinedundefined")),
        ("return (async () => { await null; return 5 })()", json!(5)),
        (
            "class Oops extends Error { constructor(m) { super(m); this.name = 'Oops' } }\ntry { throw new Oops('x') } catch (e) { return e.name }",
            json!("Oops"),
        ),
        ("globalThis.leak = 1; return 1", json!(1)),
        ("return typeof leak", json!("undefined")),
    ] {
        assert_eq!(evaluator.script(script, json!({ "list": [1, 2, 3] })).await, Ok(expected), "{script}");
    }
    for (script, what) in [
        ("new Date()", "there is no clock here"),
        ("return new (new Date(0)).constructor()", "there is no clock here"),
        ("throw new RangeError('too far')", "RangeError: too far"),
        ("throw { code: 7 }", "{\"code\":7}"),
        ("const = 1", "SyntaxError"),
        ("return import('fs')", "threw"),
    ] {
        let why = evaluator.script(script, json!(null)).await.expect_err(script);
        assert!(why.code == "expression_threw" && why.message.contains(what), "{script}: {why}");
    }
}

#[tokio::test]
async fn many_expressions_at_once_share_the_threads() {
    let evaluator = Evaluator::new();
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let evaluator = evaluator.clone();
            tokio::spawn(async move { eval_in(&evaluator, "inputs.n * 2", json!({ "inputs": { "n": n } })).await })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.expect("no panic"), Ok(json!(n * 2)));
    }
}

/// Two parsers read an expression: the one that checks it and the one that runs it.
#[tokio::test]
async fn what_the_checks_take_the_interpreter_can_read() {
    let evaluator = Evaluator::new();
    let sources = [
        "steps.a.output.items.filter(({ title, tags: [first = 'x', ...rest] }) => title.includes(`${inputs.word}<!--`))",
        "item?.title?.length ?? (0 || /a[/]+(?<n>b)/giu.test('x')) ? [1, , ...inputs.b] : { ...inputs.c, d: -1, ['e']: typeof item }",
        "((a, b = 2, ...c) => a ** b % 3 >>> 1)(1) !== 0x1F && 1_000 in inputs /* comment */ // and more",
        "Date.parse(now) > Date.UTC(2026, 0) && 'a' instanceof Object || void 0 , 1",
        r"'\0\u{1F44D}\x41' + `\n${'\1'}` + (({ a, b: [c, a] }) => (yield => yield)(a))({}) + (let => 1)(0)",
    ];
    let values = json!({ "inputs": {}, "item": {}, "steps": { "a": { "output": { "items": [] } } }, "now": "2026-01-01T00:00:00Z" });
    let mut taken = 0;
    for source in sources {
        for start in 0..source.len() {
            for end in start + 1..=source.len() {
                let Some(cut) = source.get(start..end) else { continue };
                if cut.contains("}}") || cut.trim().is_empty() {
                    continue;
                }
                let Ok(template) = Template::compile(&json!(format!("${{{{ {cut} }}}}"))) else { continue };
                taken += 1;
                if let Err(why) = evaluator.render(&template, &scope(values.clone())).await {
                    assert!(!why.message.contains("SyntaxError"), "{cut}: {why}");
                }
            }
        }
    }
    assert!(taken > 300, "{taken}");
}
