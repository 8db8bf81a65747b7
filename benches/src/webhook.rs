//! Webhook → `data.set` → `flow.respond` through the server as people run it: how many are answered, how evenly, and what
//! becomes of it under too much load.

use crate::bare::Bare;
use crate::journal::typical_body;
use crate::load::{Load, Loaded, NUMBER, probe};
use crate::report::{Figure, short};
use crate::sample::{Sample, median, micros, ratio};
use crate::server::Server;
use crate::world::{World, writing_chain};
use crate::{Outcome, Setting};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const CONNECTIONS: usize = 100;
const TOO_MANY: usize = 1_000;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);
/// In how long everything is as before.
const RECOVERY: Duration = Duration::from_secs(1);
const PROBING: Duration = Duration::from_secs(1);

const SECRET: &str = "a-token-of-the-callers-0123456789";
const WORKFLOW: &str = "name: hook
triggers: [{ type: webhook, path: bench/orders, auth: { type: token, credential: callers } }]
steps:
  - { id: order, uses: data.set, with: { values: { number: \"${{ trigger.payload.number }}\", total: \"${{ trigger.payload.total }}\" } } }
  - { id: answer, uses: flow.respond, with: { status: 200, body: \"${{ steps.order.output }}\" } }
";

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let server = Server::start(setting, folder.path())?;
    activate(setting, &server, folder.path())?;
    let bare = bare(setting).await?;
    let mut figures = load(&server, &bare).await?;
    figures.push(numbered(&server, &bare).await?);
    figures.extend(overload(&server).await?);
    bare.end()?;
    server.stop()?;
    Ok(figures)
}

fn activate(setting: &Setting, server: &Server, folder: &Path) -> Outcome<()> {
    std::fs::write(folder.join("hook.yaml"), WORKFLOW)?;
    server.verb(setting, &["credentials", "set", "callers", "--type", "webhook", "--field", &format!("secret={SECRET}")])?;
    server.verb(setting, &["workflows", "save", "hook.yaml"])?;
    server.verb(setting, &["workflows", "activate", "hook", "--yes"])
}

/// The bare commits, with rows like those of journals.
async fn bare(setting: &Setting) -> Outcome<Arc<Bare>> {
    let world = World::new(&setting.folder).await?;
    let body = typical_body(&world, &world.compile(&writing_chain(5))?).await?;
    world.close().await;
    Ok(Arc::new(Bare::start(&setting.folder, &body)?))
}

/// A delivery; its sender may number it.
fn request(server: &Server, number: Option<&str>) -> String {
    let body = r#"{"number":4711,"total":99.5,"customer":{"name":"Ada","city":"London"},"lines":[{"sku":"a-1","count":2}]}"#;
    let number = number.map(|number| format!("X-Delivery-Id: {number}\r\n")).unwrap_or_default();
    format!(
        "POST /hooks/bench/orders HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n{number}Content-Length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    )
}

fn deliveries(server: &Server, connections: usize, time: Duration, number: Option<&str>) -> Load {
    let request = request(server, number);
    Load { address: server.address, request, connections, seconds: time.as_secs_f64(), most: None }
}

async fn load(server: &Server, bare: &Arc<Bare>) -> Outcome<Vec<Figure>> {
    all_answered(&deliveries(server, CONNECTIONS, ROUND / 2, None).make().await?)?;
    let (mut ratios, mut spreads, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let rows = bare.rate(CONNECTIONS, ROUND / 2).await?.rows;
        let before = server.cpu()?;
        let loaded = deliveries(server, CONNECTIONS, ROUND, None).make().await?;
        let used = server.cpu()?.saturating_sub(before);
        all_answered(&loaded)?;
        ratios.push(loaded.rate() / rows);
        spreads.push(loaded.p99 / loaded.p50);
        told.push((loaded, rows, used));
    }
    let (last, rows, used) = told.pop().ok_or("no round")?;
    let each = |seconds: f64| format!("{} us", short(seconds * 1e6 / last.answered as f64));
    Ok(vec![
        Figure::at_least(
            format!("answered webhooks, {CONNECTIONS} connections / bare rows, {CONNECTIONS} waiting"),
            median(ratios),
            0.25,
            "",
        )
        .with(&format!("{} requests/s against {} rows/s", short(last.rate()), short(rows))),
        Figure::at_most("  their p99 / p50", median(spreads), 4.0, "").with(&format!(
            "p50 {} us, p99 {} us, most {} us",
            short(last.p50),
            short(last.p99),
            short(last.most)
        )),
        Figure::told("  processor time of an answer: server", each(used.as_secs_f64())),
        Figure::told("  processor time of an answer: load generator", each(last.cpu_seconds)),
    ])
}

/// The same with deliveries that are numbered by their sender, and so are each known afterwards.
async fn numbered(server: &Server, bare: &Arc<Bare>) -> Outcome<Figure> {
    let rows = bare.rate(CONNECTIONS, ROUND / 2).await?.rows;
    let loaded = deliveries(server, CONNECTIONS, ROUND, Some(NUMBER)).make().await?;
    all_answered(&loaded)?;
    let told = format!(
        "{} ({} requests/s, p50 {} us, p99 {} us)",
        short(loaded.rate() / rows),
        short(loaded.rate()),
        short(loaded.p50),
        short(loaded.p99)
    );
    Ok(Figure::told("  the same with deliveries that are numbered / bare rows", told))
}

fn all_answered(loaded: &Loaded) -> Outcome<()> {
    if loaded.failed + loaded.refused == 0 {
        return Ok(());
    }
    Err(format!("{} requests failed and {} were refused: {:?}", loaded.failed, loaded.refused, loaded.first_failure).into())
}

/// Too much at once, and whether it is over as soon as the load is.
async fn overload(server: &Server) -> Outcome<Vec<Figure>> {
    let request = request(server, None);
    let before = probe(server.address, &request, PROBING).await?;
    let loaded = deliveries(server, TOO_MANY, ROUND, None).make().await?;
    tokio::time::sleep(RECOVERY).await;
    let after = probe(server.address, &request, PROBING).await?;
    let times = |sample: &Sample| format!("p50 {} us, p99 {} us", short(micros(sample.median())), short(micros(sample.p99())));
    let unhinted = loaded.refused - loaded.hinted;
    Ok(vec![
        Figure::at_least(format!("refused with 429 or 503 at {TOO_MANY} connections"), loaded.refused as f64, 1.0, "").with(&format!(
            "{} answered, p99 {} ms",
            loaded.answered,
            short(loaded.p99 / 1e3)
        )),
        Figure::at_most("  refusals without Retry-After", unhinted as f64, 0.0, ""),
        Figure::at_most("  other failures", loaded.failed as f64, 0.0, "").with(loaded.first_failure.as_deref().unwrap_or("none")),
        Figure::at_most(
            "  one request alone, a second after the load / before it, medians",
            ratio(after.median(), before.median()),
            1.5,
            "",
        )
        .with(&format!("{} against {}", times(&after), times(&before))),
    ])
}
