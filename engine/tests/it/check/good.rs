//! Documents that nothing is wrong with.

use super::check_text;
use sayflow_engine::document::Format;

fn nothing_found(text: &str) {
    let checked = check_text(text, Format::Yaml).unwrap_or_else(|found| panic!("{found:?}"));
    assert!(checked.diagnostics.is_empty(), "{:#?}", checked.diagnostics);
    assert!(checked.is_valid());
}

#[test]
fn the_document_that_explains_the_format_is_valid() {
    nothing_found(
        r##"
name: rust-news
description: Post Rust stories to Slack every weekday morning.
triggers:
  - type: schedule
    cron: "0 9 * * 1-5"
    timezone: Europe/Berlin
inputs:
  keyword: { type: string, default: Rust }
steps:
  - id: stories
    uses: feed.read
    with: { url: "https://news.example/feed.xml" }
    retry: { max_attempts: 4, backoff: 2s }
  - id: matching
    uses: data.filter
    with:
      items: ${{ steps.stories.output.entries }}
      where: ${{ item.title.includes(inputs.keyword) }}
  - id: post
    uses: slack.send_message
    for_each: ${{ steps.matching.output.items }}
    with: { channel: "#news", text: "${{ item.title }} ${{ item.link }}" }
on_failure:
  - id: tell
    uses: slack.send_message
    with: { channel: "#ops", text: "rust-news failed: ${{ error.message }}" }
"##,
    );
}

#[test]
fn branches_groups_loops_and_hyphens_are_valid() {
    nothing_found(
        r##"
name: much
timezone: Europe/Berlin
concurrency: 2
timeout: 1h
triggers:
  - { type: webhook, path: orders/new, auth: { type: token, credential: team } }
  - { type: schedule, every: 15m, misfire: "run_all:3", overlap: queue }
  - { type: file, path: inbox, pattern: "*.csv" }
inputs:
  least: { type: integer, default: 3 }
  names: { type: array, items: { type: object, properties: { first: { type: string } } }, default: [] }
steps:
  - id: read-it
    uses: file.read
    with: { path: data.json }
    on_error: continue
  - id: check
    uses: data.set
    if: ${{ steps["read-it"].error == null && steps["read-it"].status == 'succeeded' }}
    with: { values: { n: "${{ steps['read-it'].output.content.length + inputs.least }}" } }
  - id: otherwise
    else_of: check
    uses: data.set
    with: { values: { n: 0 } }
  - id: each
    for_each: ${{ inputs.names }}
    concurrency: 4
    steps:
      - id: one
        uses: data.set
        if: ${{ index > 0 }}
        with: { values: { name: "${{ item.first.trim() }}", day: "${{ now }}" } }
      - id: two
        uses: data.filter
        needs: [one]
        with: { items: "${{ trigger.payload.list ?? [] }}", where: "${{ item.n > inputs.least && index < 9 }}" }
    outputs:
      kept: ${{ steps.two.output.items }}
  - id: poll
    uses: http.request
    with: { url: "https://api.example/jobs/${{ steps.each.output[0].kept.length }}" }
    repeat: { until: "${{ output.body.done || iteration > 3 }}", every: 5s, max: 10 }
    when: all_done
    needs: [otherwise]
  - id: save
    uses: file.write
    idempotency_key: ${{ run.id }}
    with: { path: "out/${{ steps.poll.output.body.name }}.json", content: "${{ steps.poll.output.body }}" }
outputs:
  saved: ${{ steps.save.output.path }}
  all: ${{ steps.each.output.map(x => x.kept.length) }}
"##,
    );
}

#[test]
fn a_number_may_be_written_where_text_is_wanted() {
    nothing_found(
        "name: n\nsteps:\n  - id: a\n    uses: feed.read\n    with: { url: 'https://x.example/f' }\n  - id: b\n    uses: slack.send_message\n    with: { channel: '#a', text: '${{ steps.a.output.entries.length }}' }\n",
    );
}
