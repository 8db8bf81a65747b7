//! Little servers on loopback: one that answers as a router says, one that sends given bytes, and none at all.

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Method, path with query, headers and body.
pub type Arrived = (String, String, HeaderMap, String);

/// What arrived, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Arrived>>>);

impl Seen {
    /// Notes a request.
    pub async fn note(&self, request: Request) {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        self.0.lock().unwrap().push((parts.method.to_string(), parts.uri.to_string(), parts.headers, body));
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The last request.
    pub fn last(&self) -> Arrived {
        self.0.lock().unwrap().last().cloned().expect("a request arrived")
    }
}

/// Serves until the test ends.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Answers every connection with the same bytes and hangs up.
pub async fn raw(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    address
}

/// A port that nobody listens on.
pub fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
