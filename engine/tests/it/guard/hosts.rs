//! Where reads may be redirected.

use super::World;
use sayflow_engine::ports::Redirects;

#[test]
fn reads_are_redirected_to_hosts_that_the_footprint_reads_or_anywhere_if_any_host_was_approved() {
    let world = World::of(
        r##"
name: g
inputs: { link: { type: string } }
steps:
  - { id: a, uses: feed.read, with: { url: "https://feeds.example/b" } }
  - { id: b, uses: http.request, with: { url: "https://api.example/${{ inputs.link }}" } }
  - { id: c, uses: http.request, with: { method: POST, url: "https://hooks.example/x" } }
  - { id: d, uses: http.request, with: { url: "${{ inputs.link }}" } }
  - { id: e, uses: http.request, with: { method: POST, url: "${{ inputs.link }}" } }
  - { id: f, uses: file.read, with: { path: "${{ inputs.link }}" } }
"##,
    );
    let redirects = |key: &str| world.call(&key.parse().unwrap()).redirects.clone();
    let listed = Redirects::To(["api.example:443".to_owned(), "feeds.example:443".to_owned()].into());
    assert_eq!(["a", "b", "c"].map(redirects), [listed.clone(), listed.clone(), listed.clone()]);
    assert_eq!(["d", "e"].map(redirects), [Redirects::Anywhere, listed], "who may write anywhere may not read anywhere");
    assert_eq!(redirects("f"), Redirects::SameHost);
}
