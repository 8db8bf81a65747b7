//! Finding the running server, starting one, and how long it stays.

use crate::support::Place;
use sayflow_chat_server::{ConnectError, find_or_start, find_running};
use sayflow_host::discovery;
use sayflow_protocol::api::server::ServerFile;
use sayflow_store::{Store, StoreError};

#[tokio::test]
async fn the_first_starts_a_server_and_the_second_finds_it() {
    let place = Place::new();
    let first = place.connect().await;
    let second = place.connect().await;
    assert!(first.server.is_some() && second.server.is_none());
    assert_eq!(first.client.address(), second.client.address());
    assert_eq!(second.client.health().await.unwrap().status, "ok");
    second.close().await;
    first.close().await;
    assert!(find_running(&place.home).await.is_none());
    assert!(!place.home.server_file().exists());
}

#[tokio::test]
async fn a_server_in_a_process_stays_until_its_last_client_has_gone() {
    let place = Place::new();
    let first = place.connect().await;
    let second = place.connect().await;
    let closing = tokio::spawn(first.close());
    for _ in 0..20 {
        assert_eq!(second.client.health().await.unwrap().status, "ok");
    }
    assert!(!closing.is_finished());
    second.close().await;
    closing.await.unwrap();
    // The data lock is free again.
    Store::open(place.home.data()).await.unwrap();
}

#[tokio::test]
async fn a_stale_file_names_no_server() {
    let place = Place::new();
    std::fs::create_dir_all(place.home.data()).unwrap();
    // A port that was free a moment ago, and is closed again.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let stale = ServerFile { address: format!("http://127.0.0.1:{port}"), token: "t".into(), pid: 1, version: "0".into(), lasting: true };
    discovery::write(&place.home.server_file(), &stale).unwrap();
    assert!(find_running(&place.home).await.is_none());
    let connection = place.connect().await;
    assert!(connection.server.is_some());
    connection.close().await;
}

#[tokio::test]
async fn a_folder_in_use_by_something_else_is_reported_with_its_holder() {
    let place = Place::new();
    let _holder = Store::open(place.home.data()).await.unwrap();
    let refused = find_or_start(&place.home, &place.settings).await.err().unwrap();
    let ConnectError::Open(why) = &refused else { panic!("{refused}") };
    assert!(why.is_locked());
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    assert!(matches!(why, sayflow_host::OpenError::Store(StoreError::Locked { .. })));
}
