//! Files of a dry run.

use crate::support::World;
use sayflow_actions::files::{Change, OverlayFiles, WorkspaceFiles};
use sayflow_engine::ports::SystemClock;
use serde_json::json;
use std::sync::Arc;

/// A world whose writes stay in memory, and the overlay that holds them.
fn dry() -> (World, Arc<OverlayFiles>) {
    let world = World::new();
    let real = Arc::new(WorkspaceFiles::new(world.path().to_owned()));
    let overlay = Arc::new(OverlayFiles::new(real, Arc::new(SystemClock)));
    (world.with_files(overlay.clone()), overlay)
}

#[tokio::test]
async fn later_reads_see_what_was_written_and_the_folder_does_not() {
    let (world, overlay) = dry();
    world.put("a.txt", "real\n");
    for (path, content, mode) in [("a.txt", "more", "append"), ("new/b.csv", "n\n1\n", "overwrite")] {
        world.run("file.write", json!({ "path": path, "content": content, "mode": mode })).await.unwrap();
    }
    assert_eq!(world.run("file.read", json!({ "path": "a.txt" })).await.unwrap()["content"], json!("real\nmore\n"));
    assert_eq!(world.run("file.read", json!({ "path": "new/b.csv" })).await.unwrap()["content"], json!([{ "n": 1 }]));
    let listed = world.run("file.list", json!({ "path": "new" })).await.unwrap();
    assert_eq!(listed["files"][0]["path"], json!("new/b.csv"));
    assert_eq!(world.text("a.txt"), "real\n");
    assert!(!world.path().join("new").exists());
    assert_eq!(overlay.changes()["a.txt"], Change::Written("real\nmore\n".into()));
}

#[tokio::test]
async fn moved_and_deleted_files_are_gone_for_later_steps() {
    let (world, overlay) = dry();
    world.put("a.txt", "a");
    world.put("b.txt", "b");
    assert_eq!(world.fails("file.move", json!({ "from": "a.txt", "to": "b.txt" })).await.code, "file_exists");
    world.run("file.delete", json!({ "path": "b.txt" })).await.unwrap();
    world.run("file.move", json!({ "from": "a.txt", "to": "b.txt" })).await.unwrap();
    assert_eq!(world.fails("file.read", json!({ "path": "a.txt" })).await.code, "file_not_found");
    assert_eq!(world.fails("file.delete", json!({ "path": "a.txt" })).await.code, "file_not_found");
    assert_eq!(world.run("file.list", json!({})).await.unwrap()["files"].as_array().unwrap().len(), 1);
    assert_eq!((overlay.changes()["a.txt"].clone(), world.text("b.txt")), (Change::Removed, "b".to_owned()));
}

#[tokio::test]
async fn a_dry_write_fails_where_a_real_one_would() {
    let (world, _) = dry();
    std::fs::create_dir(world.path().join("folder")).unwrap();
    std::os::unix::fs::symlink("/etc", world.path().join("out")).unwrap();
    for (path, code) in [("../x", "path_outside"), ("out/x", "path_outside"), ("folder", "is_a_folder")] {
        assert_eq!(world.fails("file.write", json!({ "path": path, "content": "x" })).await.code, code, "{path}");
    }
}
