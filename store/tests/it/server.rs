//! What only a database on a server can do: be locked from another machine, go away, and come back.

use crate::bed::{Bed, Server};
use crate::{events, more, new};
use futures::future::join_all;
use sayflow_store::testing::PASSWORD;
use sayflow_store::{Outcome, Place, Store, StoreError};
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
async fn two_data_folders_cannot_work_on_one_database() {
    let bed = Bed::postgres().await;
    let url = bed.server.as_ref().map(|server| server.url.as_str());
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = Store::open_at(elsewhere.path(), url).await.err().unwrap();
    let StoreError::Locked { place: Place::Server(address), holder: Some(holder) } = &refused else { panic!("{refused:?}") };
    assert!(address.starts_with("postgresql://sayflow@") && address.ends_with("/test0"), "{address}");
    assert!(holder.contains(&format!("sayflow {}", std::process::id())), "{holder}");
    assert!(refused.to_string().contains("database_url"), "{refused}");

    bed.store.close().await;
    Store::open_at(elsewhere.path(), url).await.unwrap().close().await;
}

#[tokio::test]
async fn the_data_folder_is_locked_too() {
    let bed = Bed::postgres().await;
    let url = bed.server.as_ref().unwrap().postgres.new_database();
    let refused = Store::open_at(bed.folder.path(), Some(&url)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Locked { place: Place::Folder(_), .. }), "{refused:?}");
}

#[tokio::test]
async fn a_session_that_is_ended_between_two_writes_is_replaced() {
    let bed = Bed::postgres().await;
    let server = bed.server.as_ref().unwrap();
    bed.store.create_run(new("r1", 1)).await.unwrap();
    assert!(bed.store.run("r1").await.unwrap().is_some());
    end_sessions(server);
    bed.store.commit_run(more("r1", events(2..=2))).await.unwrap();
    assert_eq!(bed.store.run_events("r1", 0, 9).await.unwrap(), events(1..=2));
    // The lock came along.
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = Store::open_at(elsewhere.path(), Some(&server.url)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused:?}");
}

fn end_sessions(server: &Server) {
    let text = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'sayflow%'";
    assert_ne!(server.postgres.execute(server.database(), text), "0");
}

#[tokio::test]
async fn while_the_server_is_away_writes_fail_as_not_done_and_then_they_go_on() {
    let mut bed = Bed::postgres().await;
    bed.store.create_run(new("r1", 1)).await.unwrap();
    bed.server.as_mut().unwrap().postgres.crash();
    for _ in 0..2 {
        let refused = bed.store.commit_run(more("r1", events(2..=2))).await.err().unwrap();
        assert!(matches!(refused, StoreError::Unavailable { outcome: Outcome::NotDone, .. }), "{refused:?}");
        assert!(!refused.to_string().contains(PASSWORD), "{refused}");
    }
    bed.server.as_mut().unwrap().postgres.start_again();
    bed.store.commit_run(more("r1", events(2..=2))).await.unwrap();
    assert_eq!(bed.store.run_events("r1", 0, 9).await.unwrap(), events(1..=2));
}

/// Many runs go on while sessions are killed and the server crashes and comes back: what was acknowledged is there, and
/// nothing is there twice or out of order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_crashes() {
    let mut bed = Bed::postgres().await;
    let ids: Vec<String> = (0..20).map(|place| format!("r{place:02}")).collect();
    for id in &ids {
        bed.store.create_run(new(id, 1)).await.unwrap();
    }
    let over = AtomicBool::new(false);
    let drive = async |id: &String| {
        let mut acknowledged = 1;
        while !over.load(Ordering::Relaxed) {
            let next = acknowledged + 1;
            match bed.store.commit_run(more(id, events(next..=next))).await {
                Ok(()) => acknowledged = next,
                Err(StoreError::Unavailable { outcome: Outcome::NotDone, .. }) => tokio::task::yield_now().await,
                Err(StoreError::Unavailable { outcome: Outcome::Unknown, .. }) => {
                    // The way that a run takes: look, and go on from there.
                    acknowledged = loop {
                        if let Ok(Some(row)) = bed.store.run(id).await {
                            break row.seq;
                        }
                    };
                    assert!(acknowledged + 1 >= next);
                }
                Err(why) => panic!("{why:?}"),
            }
        }
        acknowledged
    };
    let server = bed.server.as_mut().unwrap();
    let trouble = async {
        for _ in 0..3 {
            end_sessions_later(server, &bed.store).await;
            tokio::task::block_in_place(|| server.postgres.crash());
            tokio::task::block_in_place(|| server.postgres.start_again());
        }
        settle(&bed.store).await;
        over.store(true, Ordering::Relaxed);
    };
    let (ends, ()) = futures::join!(join_all(ids.iter().map(drive)), trouble);
    for (id, acknowledged) in ids.iter().zip(ends) {
        assert_eq!(bed.store.run_events(id, 0, i64::MAX).await.unwrap(), events(1..=acknowledged));
    }
}

/// Lets some writes through, and ends the sessions in the middle of others.
async fn end_sessions_later(server: &Server, store: &Store) {
    settle(store).await;
    tokio::task::block_in_place(|| end_sessions(server));
    settle(store).await;
}

/// Waits until writes are acknowledged again.
async fn settle(store: &Store) {
    let mut done = 0;
    while done < 20 {
        match store.set_meta("settled", "yes").await {
            Ok(()) => done += 1,
            Err(StoreError::Unavailable { .. }) => {}
            Err(why) => panic!("{why:?}"),
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let bed = Bed::postgres().await;
    bed.store.close().await;
    let Server { postgres, url } = bed.server.as_ref().unwrap();
    let later = "INSERT INTO _sqlx_migrations VALUES (99, 'later', now(), TRUE, '', 0)";
    postgres.execute(bed.server.as_ref().unwrap().database(), later);
    let refused = Store::open_at(bed.folder.path(), Some(url)).await.err().unwrap();
    assert!(matches!(refused, StoreError::NewerVersion { found: 99, .. }), "{refused:?}");
    assert!(refused.to_string().contains("update Sayflow") && refused.to_string().contains("database_url"), "{refused}");
}

#[tokio::test]
async fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    let bed = Bed::postgres().await;
    bed.store.close().await;
    let Server { postgres, url } = bed.server.as_ref().unwrap();
    postgres.execute("postgres", "ALTER SYSTEM SET fsync = off");
    postgres.execute("postgres", "SELECT pg_reload_conf()");
    // The server takes the change up when it gets to it.
    while postgres.execute("postgres", "SHOW fsync") == "on" {}
    let refused = Store::open_at(bed.folder.path(), Some(url)).await.err().unwrap();
    assert!(refused.to_string().contains("fsync=off"), "{refused}");
}

#[tokio::test]
async fn a_database_whose_commits_do_not_wait_for_the_disk_is_used_with_commits_that_do() {
    let bed = Bed::postgres().await;
    bed.store.close().await;
    let server = bed.server.as_ref().unwrap();
    server.postgres.execute("postgres", &format!("ALTER DATABASE {} SET synchronous_commit = off", server.database()));
    let store = Store::open_at(bed.folder.path(), Some(&server.url)).await.unwrap();
    store.set_meta("k", "v").await.unwrap();
}

#[tokio::test]
async fn no_error_about_an_address_shows_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = sayflow_store::testing::Postgres::start();
    let wrong = [
        format!("mysql://sayflow:{PASSWORD}@host/name"),
        format!("postgresql://sayflow:{PASSWORD}@[half/name"),
        format!("postgresql://sayflow:{PASSWORD}@host:port/name"),
        format!("postgresql://sayflow:{PASSWORD}@host/name?sslmode={PASSWORD}"),
        format!("postgresql://sayflow:{PASSWORD}@%2Fnowhere/name"),
        postgres.url("missing"),
        postgres.url("postgres").replace("//sayflow:", "//stranger:"),
    ];
    for url in wrong {
        let refused = Store::open_at(folder.path(), Some(&url)).await.err().unwrap();
        assert!(!format!("{refused} {refused:?}").contains(PASSWORD), "{refused:?}");
    }
}

#[tokio::test]
async fn a_database_on_a_server_is_copied_with_its_own_tools() {
    let bed = Bed::postgres().await;
    let refused = bed.store.backup(&bed.folder.path().join("copy.db")).await.err().unwrap();
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
    bed.store.check().await.unwrap();
}
