//! One QuickJS context under limits of memory, stack and time, without any function of the host.

use super::json;
use super::template::Script;
use rquickjs::context::intrinsic;
use rquickjs::{CaughtError, Context, Ctx, Function, Object, Persistent, Runtime, Value as JsValue};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The memory that a context may use.
pub(super) const MEMORY: usize = 64 << 20;
/// The stack that its code may use; a worker's thread has several times as much.
const STACK: usize = 1 << 20;
/// Compiled functions that are kept.
const KEPT_FUNCTIONS: usize = 2048;
const HARDEN: &str = include_str!("harden.js");

/// What an expression needs: no proxies and no raw memory. Promises are there because QuickJS leaks the prototypes of
/// async functions, which hardening has to touch, in a context without them.
type ForExpressions = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::Promise,
);
/// What a script may want besides.
type ForScripts = (ForExpressions, (intrinsic::Proxy, intrinsic::TypedArrays));

/// What a context is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Many expressions, one after the other: what they share is frozen.
    Expressions,
    /// One script; the context is thrown away afterwards.
    OneScript,
}

/// Why something did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Timeout,
    Memory,
    Threw(String),
}

impl Fault {
    /// Whether the context should not be used again.
    pub(super) fn spoils_context(&self) -> bool {
        !matches!(self, Self::Threw(_))
    }
}

/// The moment at which running code is interrupted.
struct Deadline {
    base: Instant,
    micros: AtomicU64,
    passed: AtomicBool,
}

impl Deadline {
    fn set(&self, limit: Duration) {
        let at = self.base.elapsed() + limit;
        self.micros.store(u64::try_from(at.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.passed.store(false, Ordering::Relaxed);
    }

    fn interrupts(&self) -> bool {
        let passed = self.base.elapsed().as_micros() >= u128::from(self.micros.load(Ordering::Relaxed));
        if passed {
            self.passed.store(true, Ordering::Relaxed);
        }
        passed
    }
}

/// A warm context with its compiled functions.
pub(super) struct Sandbox {
    // Dropped in this order: a function must not outlive its runtime.
    functions: HashMap<String, Persistent<Function<'static>>>,
    context: Context,
    deadline: Arc<Deadline>,
}

impl Sandbox {
    /// A new context.
    pub(super) fn new(purpose: Purpose) -> Result<Self, Fault> {
        let broken = |why: rquickjs::Error| Fault::Threw(format!("the sandbox could not be set up: {why}"));
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let deadline = Arc::new(Deadline { base: Instant::now(), micros: AtomicU64::new(u64::MAX), passed: AtomicBool::new(false) });
        let seen = Arc::clone(&deadline);
        runtime.set_interrupt_handler(Some(Box::new(move || seen.interrupts())));
        let context = match purpose {
            Purpose::Expressions => Context::custom::<ForExpressions>(&runtime),
            Purpose::OneScript => Context::custom::<ForScripts>(&runtime),
        };
        let context = context.map_err(broken)?;
        context.with(|cx| {
            let harden: Function<'_> = cx.eval(HARDEN).map_err(broken)?;
            harden.call::<_, ()>((purpose == Purpose::Expressions,)).map_err(broken)
        })?;
        Ok(Self { functions: HashMap::new(), context, deadline })
    }

    /// Evaluates each script once over the scope, an object by root in JSON.
    pub(super) fn evaluate(&mut self, scripts: &[Arc<Script>], scope: &str, limit: Duration) -> Result<Vec<Value>, (usize, Fault)> {
        let Self { functions, context, deadline } = self;
        context.with(|cx| {
            let mut shared = None;
            let mut results = Vec::with_capacity(scripts.len());
            for (number, script) in scripts.iter().enumerate() {
                let mut run = || {
                    // First of all: a deadline that passed long ago would interrupt even the compiling.
                    deadline.set(limit);
                    let function = compiled(&cx, functions, script)?;
                    let values = scope_for(&cx, scope, script, &mut shared)?;
                    call(&cx, &function, script, &values, None)
                };
                results.push(run().map_err(|why| (number, fault(&cx, why, deadline)))?);
            }
            Ok(results)
        })
    }

    /// Evaluates each script for each item of a JSON list, `item` and `index` bound. Gives results by item.
    pub(super) fn map(&mut self, job: &MapJob<'_>) -> Result<Vec<Vec<Value>>, (usize, usize, Fault)> {
        let Self { functions, context, deadline } = self;
        context.with(|cx| {
            let fail = |item, script, why: Trouble| (item, script, fault(&cx, why, deadline));
            deadline.set(job.limit);
            let mut ready = Vec::with_capacity(job.scripts.len());
            for (number, script) in job.scripts.iter().enumerate() {
                ready.push(compiled(&cx, functions, script).map_err(|why| fail(job.first, number, why.into()))?);
            }
            let mut shared = None;
            let items: Vec<JsValue<'_>> =
                cx.json_parse(job.items).and_then(|list| list.get()).map_err(|why| fail(job.first, 0, why.into()))?;
            let end = Instant::now() + job.total;
            let mut rows = Vec::with_capacity(items.len());
            for (at, item) in items.into_iter().enumerate() {
                let index = job.first + at;
                let mut row = Vec::with_capacity(ready.len());
                for (number, (script, function)) in job.scripts.iter().zip(&ready).enumerate() {
                    let values = scope_for(&cx, job.scope, script, &mut shared).map_err(|why| fail(index, number, why.into()))?;
                    deadline.set(job.limit.min(end.saturating_duration_since(Instant::now())));
                    let result = call(&cx, function, script, &values, Some((&item, index)));
                    row.push(result.map_err(|why| fail(index, number, why))?);
                }
                rows.push(row);
            }
            Ok(rows)
        })
    }

    /// Runs a function of one argument in JSON, waiting for its promise if it returns one.
    pub(super) fn run(&mut self, function: &str, input: &str, limit: Duration) -> Result<Value, Fault> {
        let Self { context, deadline, .. } = self;
        context.with(|cx| {
            deadline.set(limit);
            let run = || {
                let function: Function<'_> = cx.eval(function)?;
                let input = cx.json_parse(input)?;
                let mut result: JsValue<'_> = function.call((input,))?;
                if let Some(promise) = result.as_promise() {
                    result = promise.finish()?;
                }
                to_json(&cx, result)
            };
            run().map_err(|why: Trouble| fault(&cx, why, deadline))
        })
    }
}

/// A list of items to evaluate scripts for.
pub(super) struct MapJob<'a> {
    pub scripts: &'a [Arc<Script>],
    /// The outer scope: an object by root, in JSON.
    pub scope: &'a str,
    /// The items: a JSON list.
    pub items: &'a str,
    /// The number of the first item.
    pub first: usize,
    /// The limit for one evaluation.
    pub limit: Duration,
    /// The limit for all of them.
    pub total: Duration,
}

/// A failure on the way, before it is told apart.
enum Trouble {
    Js(rquickjs::Error),
    NotJson(String),
}

impl From<rquickjs::Error> for Trouble {
    fn from(why: rquickjs::Error) -> Self {
        Self::Js(why)
    }
}

fn compiled<'js>(
    cx: &Ctx<'js>,
    functions: &mut HashMap<String, Persistent<Function<'static>>>,
    script: &Script,
) -> Result<Function<'js>, rquickjs::Error> {
    if let Some(kept) = functions.get(&script.function) {
        return kept.clone().restore(cx);
    }
    let function: Function<'js> = cx.eval(script.function.as_str())?;
    if functions.len() >= KEPT_FUNCTIONS {
        functions.clear();
    }
    functions.insert(script.function.clone(), Persistent::save(cx, function.clone()));
    Ok(function)
}

/// The scope's object. One serves all scripts, save those that may change it.
fn scope_for<'js>(cx: &Ctx<'js>, scope: &str, script: &Script, shared: &mut Option<Object<'js>>) -> Result<Object<'js>, rquickjs::Error> {
    let parse = || cx.json_parse(scope).and_then(|value| value.get::<Object<'js>>());
    if script.mutates {
        return parse();
    }
    if let Some(values) = shared {
        return Ok(values.clone());
    }
    let values = parse()?;
    *shared = Some(values.clone());
    Ok(values)
}

fn call<'js>(
    cx: &Ctx<'js>,
    function: &Function<'js>,
    script: &Script,
    values: &Object<'js>,
    item: Option<(&JsValue<'js>, usize)>,
) -> Result<Value, Trouble> {
    let mut arguments = rquickjs::function::Args::new(cx.clone(), script.roots.len());
    for root in &script.roots {
        match (*root, item) {
            ("item", Some((item, _))) => {
                // A mutating script gets its own copy, so that the scripts of one item do not see each other's work.
                let own = if script.mutates { copy(cx, item)? } else { item.clone() };
                arguments.push_arg(own)?;
            }
            #[allow(clippy::cast_precision_loss)]
            ("index", Some((_, index))) => arguments.push_arg(index as f64)?,
            (root, _) => arguments.push_arg(values.get::<_, JsValue<'js>>(root)?)?,
        }
    }
    let result: JsValue<'js> = function.call_arg(arguments)?;
    to_json(cx, result)
}

fn copy<'js>(cx: &Ctx<'js>, value: &JsValue<'js>) -> Result<JsValue<'js>, rquickjs::Error> {
    match cx.json_stringify(value.clone())? {
        Some(text) => cx.json_parse(text.to_string()?),
        None => Ok(value.clone()),
    }
}

fn to_json<'js>(cx: &Ctx<'js>, value: JsValue<'js>) -> Result<Value, Trouble> {
    if value.is_undefined() || value.is_null() {
        return Ok(Value::Null);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(Value::Bool(truth));
    }
    if let Some(number) = value.as_number() {
        return Ok(json::number(number));
    }
    match cx.json_stringify(value)? {
        None => Ok(Value::Null),
        Some(text) => json::read(&text.to_string()?).map_err(|why| Trouble::NotJson(format!("the result is not JSON: {why}"))),
    }
}

fn fault(cx: &Ctx<'_>, why: Trouble, deadline: &Deadline) -> Fault {
    let why = match why {
        Trouble::Js(why) => why,
        Trouble::NotJson(text) => return Fault::Threw(text),
    };
    let caught = CaughtError::from_error(cx, why);
    if deadline.passed.load(Ordering::Relaxed) {
        return Fault::Timeout;
    }
    match caught {
        CaughtError::Error(rquickjs::Error::Allocation) => Fault::Memory,
        CaughtError::Error(why) => Fault::Threw(why.to_string()),
        CaughtError::Exception(exception) => {
            let text = |name: &str| exception.as_object().get::<_, Option<String>>(name).ok().flatten();
            match (text("name"), text("message")) {
                (_, Some(message)) if message == "out of memory" => Fault::Memory,
                (Some(name), Some(message)) => Fault::Threw(format!("{name}: {message}")),
                (None, Some(message)) => Fault::Threw(message),
                // An error that could not even be given a message.
                (_, None) => Fault::Memory,
            }
        }
        CaughtError::Value(value) if value.is_null() || value.is_undefined() => Fault::Memory,
        CaughtError::Value(value) => {
            Fault::Threw(to_json(cx, value).map(|value| json::as_text(&value)).unwrap_or_else(|_| "a value".to_owned()))
        }
    }
}
