//! How much later the first word of a model reaches people than it left the model's server: through the client, against a
//! bare connection to the same server.

use crate::report::Figure;
use crate::sample::{Sample, millis};
use crate::{Outcome, Setting};
use sayflow_agent::model::{Allowance, AnswerForm, CallContext, ChatCall, Endpoint, Message, ModelClient, ModelConfig, Progress, Role};
use sayflow_protocol::api::TurnProgress;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long the server thinks before its first word.
const THINKS: Duration = Duration::from_millis(20);
/// Bare and real take turns, so that a noisy moment hits both.
const ROUNDS: usize = 200;
/// The most that may be added, in milliseconds.
const MOST: f64 = 100.0;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
const PIECE: &str = "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good day\"},\"finish_reason\":null}]}\n\n";
const END: &str = "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

pub(crate) async fn measure(_: &Setting) -> Outcome<Vec<Figure>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A measurement that is given up closes its connection.
            tokio::spawn(async move { answer(stream).await.ok() });
        }
    });
    let endpoint = Endpoint::new(&format!("http://{address}/v1"), None)?.with_model(Some("m".to_owned()));
    let client = ModelClient::new(ModelConfig::new(endpoint))?;
    // The first call builds the HTTP client.
    through_client(&client).await?;
    let (mut bare, mut real) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_connection(address).await?);
        real.push(through_client(&client).await?);
    }
    server.abort();
    let (bare, real) = (Sample::new(bare), Sample::new(real));
    let added = |percent: f64| millis(real.percentile(percent)) - millis(bare.percentile(percent));
    Ok(vec![
        Figure::told(
            "first word over a bare connection",
            format!("{:.2} ms (p50), {:.2} ms (p99)", millis(bare.median()), millis(bare.p99())),
        ),
        Figure::told(
            "first word through the client of models",
            format!("{:.2} ms (p50), {:.2} ms (p99)", millis(real.median()), millis(real.p99())),
        ),
        Figure::told("added to the first word, p50", format!("{:.2} ms", added(50.0))),
        Figure::at_most("added to the first word, p99", added(99.0), MOST, " ms"),
    ])
}

/// Thinks, says a word, and ends.
async fn answer(mut stream: TcpStream) -> Outcome<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    // The body is the last thing in the request and ends with its outermost brace.
    while !request.ends_with(b"}") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    tokio::time::sleep(THINKS).await;
    stream.write_all(HEAD.as_bytes()).await?;
    for text in [PIECE, END] {
        stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await?;
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(stream.shutdown().await?)
}

/// The time from the request to the first word, with nothing in between.
async fn bare_connection(address: SocketAddr) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Good day\"}],\"stream\":true}";
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut read = Vec::new();
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err("the server said nothing".into());
        }
        if read.windows(4).any(|window| window == b"Good") {
            return Ok(begun.elapsed());
        }
    }
}

/// Notes when the first word came.
#[derive(Default)]
struct First(OnceLock<Instant>);

impl Progress for First {
    fn tell(&self, progress: TurnProgress) {
        if let TurnProgress::Text { .. } = progress {
            self.0.get_or_init(Instant::now);
        }
    }
}

/// The time from the call to the first word that people see.
async fn through_client(client: &ModelClient) -> Outcome<Duration> {
    let call = ChatCall {
        role: Role::Chat,
        purpose: "bench",
        messages: vec![Message::user("Good day")],
        answer: AnswerForm::Text,
        tools: Vec::new(),
        max_output_tokens: 100,
    };
    let first = First::default();
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &CancellationToken::new(), progress: &first };
    let begun = Instant::now();
    client.chat(call, &cx).await?;
    let came = first.0.get().ok_or("no word came as it was said")?;
    Ok(came.duration_since(begun))
}
