//! Turns with a scripted planner: drafts are checked, tried, kept, approved and run.

use sayflow_agent::planner::{PlanContext, PlanOutcome, PlanRequest, Planner};
use sayflow_host::{App, AppError, Home, Principal, Settings};
use sayflow_protocol::api::{ItemBody, PostTurn, Question, RunSource, StartRun, StartedRun, TurnView};
use sayflow_protocol::{RunStatus, ThreadId};
use serde_json::{Value, json};
use std::sync::Arc;

/// Plans what it was told to, and asks when the request says so.
struct Scripted(Value);

impl Planner for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn plan(&self, request: &PlanRequest<'_>, context: &PlanContext<'_>) -> PlanOutcome {
        if request.text.contains("panic") {
            panic!("as the request says");
        }
        if request.text.contains("somewhere") && request.answers.is_empty() {
            let question = Question { id: "q1".into(), text: "Where to?".into(), about: "place".into(), choices: Vec::new() };
            return PlanOutcome::Questions { questions: vec![question], partial: None };
        }
        let notes = vec![format!("zone {}", context.timezone)];
        PlanOutcome::Draft { workflow: serde_json::from_value(self.0.clone()).unwrap(), notes }
    }
}

struct Case {
    folder: tempfile::TempDir,
    app: App,
}

impl Case {
    async fn new(plan: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        std::fs::write(folder.path().join("work/in.json"), "[1, 2, 3]").unwrap();
        let home = Home::at(&folder.path().join("home"));
        let settings = Settings { timezone: Some("Asia/Tokyo".into()), ..Settings::default() };
        let app = App::open_with(&home, &settings, Arc::new(Scripted(plan))).await.unwrap();
        Self { folder, app }
    }

    async fn say(&self, thread: &str, text: &str, answers: &[(&str, &str)]) -> TurnView {
        let turn = PostTurn {
            text: text.into(),
            answers: answers.iter().map(|&(id, value)| (id.to_owned(), value.to_owned())).collect(),
            network_reads: false,
            workspace: self.workspace(),
            timezone: None,
        };
        self.app.post_turn(&Principal::Owner, thread, turn).await.unwrap()
    }

    async fn run(&self, turn: &TurnView, approve: Option<&str>) -> StartedRun {
        let request = StartRun {
            source: RunSource::Draft(turn.draft.as_ref().unwrap().id.clone()),
            inputs: Default::default(),
            payload: None,
            dry_run: false,
            network_reads: false,
            stepwise: false,
            approve: approve.map(str::to_owned),
            workspace: self.workspace(),
        };
        self.app.start_run(&Principal::Owner, request).await.unwrap()
    }

    fn workspace(&self) -> String {
        self.folder.path().join("work").to_string_lossy().into_owned()
    }

    fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("work").join(path)).ok()
    }

    async fn kinds(&self, thread: &ThreadId) -> Vec<&'static str> {
        let view = self.app.thread(&Principal::Owner, thread.as_str()).await.unwrap();
        assert!(view.events.iter().zip(1..).all(|(event, seq)| event.seq == seq));
        let kind = |body: &ItemBody| match body {
            ItemBody::Message { role, .. } if role == "user" => "user",
            ItemBody::Message { .. } => "agent",
            ItemBody::Question(_) => "question",
            ItemBody::Answer(_) => "answer",
            ItemBody::Draft(_) => "draft",
            ItemBody::Run { .. } => "run",
            ItemBody::Approval(_) | ItemBody::Notice { .. } | ItemBody::Spent { .. } | ItemBody::Intent { .. } => "other",
        };
        view.events.iter().map(|event| kind(&event.item.body)).collect()
    }
}

fn copy(to: &str) -> Value {
    json!({
        "name": "copy",
        "triggers": [{ "type": "schedule", "cron": "0 9 * * *" }],
        "steps": [
            { "id": "read", "uses": "file.read", "with": { "path": "in.json" } },
            { "id": "write", "uses": "file.write", "with": { "path": to, "content": "${{ steps.read.output.content }}" } },
        ],
    })
}

#[tokio::test]
async fn a_draft_is_tried_without_effect_and_runs_without_a_question_when_all_places_were_named() {
    let case = Case::new(copy("out.json")).await;
    let turn = case.say("new", "copy in.json to out.json every day at nine", &[]).await;
    let draft = turn.draft.as_ref().expect("a draft");
    assert_eq!(draft.dry_run.as_ref().unwrap().run.status, RunStatus::Succeeded);
    assert_eq!(case.read("out.json"), None);
    assert_eq!((draft.next_fires.len(), draft.graph.len(), turn.planner.as_str()), (5, 2, "scripted"));
    // Nine in Tokyo, the configured zone, is midnight in UTC.
    assert!(draft.next_fires[0].to_string().contains("T00:00:00Z"), "{:?}", draft.next_fires);
    assert!(draft.summary.contains("Asia/Tokyo"), "{}", draft.summary);
    assert_eq!(turn.approval, None);

    let run = case.run(&turn, None).await.run.expect("a run");
    case.app.until_idle().await;
    assert_eq!(case.app.run(&Principal::Owner, run.id.as_str()).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(serde_json::from_str::<Value>(&case.read("out.json").unwrap()).unwrap(), json!([1, 2, 3]));
    assert_eq!(case.kinds(&turn.thread).await, ["user", "draft", "agent", "run"]);
    assert_eq!(case.app.draft(&Principal::Owner, draft.id.as_str()).await.unwrap(), *draft);
}

#[tokio::test]
async fn a_place_that_nobody_named_needs_a_yes() {
    let case = Case::new(copy("elsewhere.json")).await;
    let turn = case.say("new", "copy in.json to out.json", &[]).await;
    let asked = turn.approval.clone().expect("an approval");
    assert_eq!(asked.footprint.len(), 1);
    assert!(asked.what.contains("elsewhere.json"), "{}", asked.what);
    let refused = case.run(&turn, None).await;
    assert!(refused.run.is_none());
    assert_eq!(refused.approval.unwrap().payload_hash, asked.payload_hash);
    assert!(case.run(&turn, Some(&asked.payload_hash)).await.run.is_some());
    case.app.until_idle().await;
    assert!(case.read("elsewhere.json").is_some());
}

#[tokio::test]
async fn a_question_is_kept_open_until_it_is_answered_and_the_answer_counts_as_the_persons_words() {
    let case = Case::new(copy("target.json")).await;
    let asked = case.say("new", "copy in.json somewhere", &[]).await;
    assert_eq!(asked.questions.len(), 1);
    assert!(asked.draft.is_none());
    let answered = case.say(asked.thread.as_str(), "", &[("q1", "target.json")]).await;
    assert!(answered.draft.is_some() && answered.questions.is_empty());
    assert_eq!(answered.approval, None);
    assert_eq!(case.kinds(&asked.thread).await, ["user", "question", "agent", "answer", "draft", "agent"]);
}

#[tokio::test]
async fn a_planner_that_fails_ends_the_turn_with_a_word() {
    let case = Case::new(copy("out.json")).await;
    let turn = case.say("new", "panic", &[]).await;
    assert!(turn.cannot && turn.draft.is_none());
    assert!(turn.reply.contains("defect"), "{}", turn.reply);
    assert_eq!(case.kinds(&turn.thread).await, ["user", "agent"]);
}

#[tokio::test]
async fn a_draft_with_errors_is_shown_and_cannot_be_run() {
    let case = Case::new(json!({ "name": "x", "steps": [{ "id": "a", "uses": "file.raed", "with": { "path": "in.json" } }] })).await;
    let turn = case.say("new", "read in.json", &[]).await;
    assert!(turn.cannot);
    assert!(turn.draft.as_ref().unwrap().diagnostics.iter().any(|finding| finding.is_error()));
    let request = StartRun {
        source: RunSource::Draft(turn.draft.unwrap().id),
        inputs: Default::default(),
        payload: None,
        dry_run: false,
        network_reads: false,
        stepwise: false,
        approve: Some("*".into()),
        workspace: case.workspace(),
    };
    assert!(matches!(case.app.start_run(&Principal::Owner, request).await, Err(AppError::InvalidWorkflow(_))));
}

#[tokio::test]
async fn two_turns_at_once_follow_each_other() {
    let case = Case::new(copy("out.json")).await;
    let first = case.say("new", "copy in.json to out.json", &[]).await;
    let id = first.thread.as_str();
    let (left, right) = tokio::join!(case.say(id, "copy in.json to out.json", &[]), case.say(id, "copy in.json to out.json", &[]));
    assert_eq!((&left.thread, &right.thread), (&first.thread, &first.thread));
    assert_eq!(case.kinds(&first.thread).await, ["user", "draft", "agent", "user", "draft", "agent", "user", "draft", "agent"]);
}

#[tokio::test]
async fn a_stranger_is_refused_by_every_service() {
    let case = Case::new(copy("out.json")).await;
    let turn =
        PostTurn { text: "hello".into(), answers: Default::default(), network_reads: false, workspace: case.workspace(), timezone: None };
    assert!(matches!(case.app.post_turn(&Principal::Stranger, "new", turn).await, Err(AppError::Denied(_))));
    assert!(matches!(case.app.workflows(&Principal::Stranger).await, Err(AppError::Denied(_))));
    assert!(matches!(case.app.credentials(&Principal::Stranger).await, Err(AppError::Denied(_))));
    assert!(case.app.health(&Principal::Stranger).is_ok());
}
