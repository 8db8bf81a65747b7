//! Accepting connections and answering on them. A client that is slow to say what it wants is let go, connections are
//! counted and bounded, and all of them end in good order when the server does.

use crate::connections::{Counted, CountingListener};
use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a connection that is one too many may take to hear that it is.
const REFUSAL_TIME: Duration = Duration::from_secs(5);

/// How connections are treated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    /// So many connections are answered; as many again hear that there are too many; the rest wait to be accepted.
    pub(crate) most: usize,
    /// How long a client may take to send the head of a request, also of the next one on an open connection. None for a
    /// server that counts an open connection as a client that may come back.
    pub(crate) head_time: Option<Duration>,
}

/// Serves until told to stop, then lets requests that have begun come to their end.
pub(crate) async fn serve(mut listener: CountingListener, router: Router, busy: Router, manners: Manners, stopping: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(manners.head_time);
    let mut refusing = http1::Builder::new();
    refusing.timer(TokioTimer::new()).header_read_timeout(REFUSAL_TIME).keep_alive(false);
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            (stream, _) = async { listener.room(manners.most * 2).await; listener.accept().await } => stream,
            () = stopping.cancelled() => break,
        };
        if listener.open() <= manners.most {
            answer(&http, stream, router.clone(), graceful.watcher());
        } else {
            answer(&refusing, stream, busy.clone(), graceful.watcher());
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

fn answer(http: &http1::Builder, stream: Counted, router: Router, watcher: Watcher) {
    let service = TowerToHyperService::new(router);
    let connection = watcher.watch(http.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(why) = connection.await {
            tracing::debug!("a connection ended badly: {why}");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;

    #[tokio::test]
    async fn a_client_that_never_says_what_it_wants_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, mut open) = watch::channel(0);
        let listener = CountingListener::new(listener, Arc::new(count));
        let manners = Manners { most: 10, head_time: Some(Duration::from_millis(20)) };
        let stopping = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Router::new(), Router::new(), manners, stopping.clone()));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        let mut answer = Vec::new();
        // It ends: with an answer or without, but by itself.
        let _ = slow.read_to_end(&mut answer).await;
        open.wait_for(|open| *open == 0).await.unwrap();
        stopping.cancel();
        serving.await.unwrap();
    }
}
