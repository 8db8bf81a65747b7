//! Order, parallel branches, `when`, `if` and `else_of`.

use crate::support::{Bench, output, step};
use sayflow_protocol::{RunStatus, StepStatus};
use serde_json::json;

#[tokio::test]
async fn a_step_sees_the_outputs_of_those_it_refers_to_and_the_run_hands_back_its_outputs() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: chain
steps:
  - { id: b, uses: test.echo, with: { value: "${{ steps.a.output.value + 1 }}" } }
  - { id: a, uses: test.echo, with: { value: 41 } }
outputs: { answer: "${{ steps.b.output.value }}", text: "it is ${{ steps.b.output.value }}" }
"#,
        )
        .await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:#?}");
    assert_eq!(run.outputs, Some(json!({ "answer": 42, "text": "it is 42" })));
    assert_eq!(run.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["b", "a"], "steps are listed in document order");
}

#[tokio::test]
async fn steps_with_no_path_between_them_run_in_parallel() {
    let bench = Bench::new().await;
    bench
        .run(
            r"
name: parallel
steps:
  - { id: a, uses: test.echo }
  - { id: b, uses: test.echo }
  - { id: c, uses: test.echo, needs: [a, b] }
",
        )
        .await;
    assert_eq!(bench.recorder.most_running(), 2);
}

#[tokio::test]
async fn else_runs_exactly_when_the_if_was_false() {
    for (value, taken, left) in [(5, "big", "small"), (1, "small", "big")] {
        let bench = Bench::new().await;
        let run = bench
            .run(&format!(
                r#"
name: branch
steps:
  - {{ id: n, uses: test.echo, with: {{ value: {value} }} }}
  - {{ id: big, if: "${{{{ steps.n.output.value > 3 }}}}", uses: test.write, with: {{ to: big }} }}
  - {{ id: small, else_of: big, uses: test.write, with: {{ to: small }} }}
  - {{ id: after, needs: [big, small], uses: test.echo }}
"#
            ))
            .await;
        assert_eq!(step(&run, taken).status, StepStatus::Succeeded);
        assert_eq!(step(&run, left).status, StepStatus::Skipped);
        assert_eq!(step(&run, "after").status, StepStatus::Succeeded, "a step skipped by its condition is neutral");
        assert_eq!(run.status, RunStatus::Succeeded);
    }
}

#[tokio::test]
async fn a_chain_of_else_takes_one_branch() {
    for (value, taken) in [(1, "one"), (2, "two"), (3, "other")] {
        let bench = Bench::new().await;
        bench
            .run(&format!(
                r#"
name: chain
inputs: {{ n: {{ type: integer, default: {value} }} }}
steps:
  - {{ id: one, if: "${{{{ inputs.n === 1 }}}}", uses: test.write, with: {{ to: one }} }}
  - {{ id: two, else_of: one, if: "${{{{ inputs.n === 2 }}}}", uses: test.write, with: {{ to: two }} }}
  - {{ id: other, else_of: two, uses: test.write, with: {{ to: other }} }}
"#
            ))
            .await;
        assert_eq!(bench.recorder.writes(), [format!("{taken}: null")]);
    }
}

#[tokio::test]
async fn a_step_whose_needs_were_all_skipped_is_skipped_and_reads_null() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: skipped
steps:
  - { id: a, if: false, uses: test.echo, with: { value: 1 } }
  - { id: b, uses: test.write, with: { to: x, text: "${{ steps.a.output.value }}" } }
  - { id: c, uses: test.echo }
  - { id: d, needs: [c], uses: test.echo, with: { value: "${{ steps.a.output === null }}" } }
"#,
        )
        .await;
    assert_eq!(step(&run, "b").status, StepStatus::Skipped);
    assert!(bench.recorder.writes().is_empty());
    assert_eq!(output(&run, "d"), json!({ "value": true }));
}

#[tokio::test]
async fn when_is_judged_once_all_needs_have_ended() {
    let bench = Bench::new().await;
    bench.recorder.fail("bad", 9);
    let run = bench
        .run(
            r"
name: when
steps:
  - { id: good, uses: test.echo }
  - { id: bad, uses: test.flaky, with: { name: bad } }
  - { id: all, needs: [good, bad], uses: test.echo }
  - { id: any, needs: [good, bad], when: any_succeeded, uses: test.echo }
  - { id: done, needs: [good, bad], when: all_done, uses: test.echo }
  - { id: mend, needs: [good, bad], when: any_failed, uses: test.echo }
  - { id: fine, needs: [good], when: any_failed, uses: test.echo }
  - { id: after_all, needs: [all], when: any_failed, uses: test.echo }
",
        )
        .await;
    let status = |id| step(&run, id).status;
    assert_eq!(status("all"), StepStatus::Skipped);
    assert_eq!(status("any"), StepStatus::Succeeded);
    assert_eq!(status("done"), StepStatus::Succeeded);
    assert_eq!(status("mend"), StepStatus::Succeeded);
    assert_eq!(status("fine"), StepStatus::Skipped);
    assert_eq!(status("after_all"), StepStatus::Succeeded, "what a failure kept from running counts as failed");
    assert_eq!(run.status, RunStatus::Failed, "a failed step fails the run even where it was handled");
    assert_eq!(run.error.as_ref().unwrap().step.as_deref(), Some("bad"));
}
