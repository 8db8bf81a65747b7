//! A listener that counts its open connections: a server that is not lasting stays as long as it has a client.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How many connections are open.
pub(crate) type Count = Arc<watch::Sender<usize>>;

pub(crate) struct CountingListener {
    listener: TcpListener,
    count: Count,
}

impl CountingListener {
    pub(crate) fn new(listener: TcpListener, count: Count) -> Self {
        Self { listener, count }
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        *self.count.borrow()
    }

    /// Returns when fewer connections are open than that.
    pub(crate) async fn room(&self, most: usize) {
        // An error would mean that the sender is gone, and it is ours.
        let _ = self.count.subscribe().wait_for(|count| *count < most).await;
    }
}

impl Listener for CountingListener {
    type Io = Counted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Counted, SocketAddr) {
        // axum's own listener logs and waits where accepting fails.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        if let Err(why) = stream.set_nodelay(true) {
            tracing::debug!("answers may be slow: {why}");
        }
        self.count.send_modify(|count| *count += 1);
        (Counted { stream, count: Arc::clone(&self.count) }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that is counted until it is dropped.
pub(crate) struct Counted {
    stream: TcpStream,
    count: Count,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, data)
    }
}
