//! An installation in a temporary folder, and raw requests for what the client would never send.

use sayflow_chat_server::{Connection, find_or_start};
use sayflow_client::Client;
use sayflow_host::{Home, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) home: Home,
    pub(crate) settings: Settings,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        let home = Home::at(&folder.path().join("home"));
        Self { folder, home, settings: Settings::default() }
    }

    /// The workspace folder.
    pub(crate) fn workspace(&self) -> String {
        self.folder.path().join("work").to_string_lossy().into_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join("work").join(path), text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("work").join(path)).ok()
    }

    pub(crate) async fn connect(&self) -> Connection {
        find_or_start(&self.home, &self.settings).await.unwrap()
    }
}

/// Sends bytes to a server and returns its whole answer. The request must say `Connection: close`.
pub(crate) async fn raw(client: &Client, request: &str) -> String {
    let address = client.address().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
