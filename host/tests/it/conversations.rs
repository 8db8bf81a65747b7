//! Conversations on a whole application: commands act through it, nothing is approved by words, turns of a conversation
//! follow each other, and with a scripted model every kind of bad answer ends in something that a person can use.

use sayflow_agent::testing::{Gate, ModelServer, Reply};
use sayflow_host::{App, Environment, Flags, Home, Principal, Reach, Settings, StartedTurn};
use sayflow_protocol::RunStatus;
use sayflow_protocol::api::{InterruptTurn, ItemBody, PostTurn, Stage, TurnMessage, TurnProgress, TurnView};
use serde_json::json;

const OUTLINE: &str = "# Outline of a workflow";
const JUDGE: &str = "# Does the workflow do what was asked?";
const UNDERSTAND: &str = "# What does the message ask for?";
const TALK: &str = "# Reply to the person";

/// A request that both planners understand.
const REQUEST: &str = "read orders.csv, keep those with amount over 100, save them to big.json";
/// A plan for it.
const PLAN: &str = r#"workflow big-orders "Keeps the orders over 100."
orders = file.read(path: "orders.csv")
big = data.filter(items: orders.content, where: item.amount > 100)
save = file.write(path: "big.json", content: big.items)"#;

struct Case {
    folder: tempfile::TempDir,
    home: Home,
    settings: Settings,
    app: App,
}

impl Case {
    async fn new() -> Self {
        Self::with("").await
    }

    /// One that asks a scripted server; a call is tried once and may be silent for a second.
    async fn asking(server: &ModelServer) -> Self {
        let timeouts = "[models.timeouts]\nconnect_seconds = 1\nfirst_token_seconds = 1\nstall_seconds = 1\ncall_seconds = 20\n";
        Self::with(&format!("[models]\nbase_url = \"{}\"\nmodel = \"scripted\"\nretries = 0\n{timeouts}", server.base_url())).await
    }

    async fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir(&work).unwrap();
        std::fs::write(work.join("orders.csv"), "id,amount\n1,50\n2,150\n3,300\n").unwrap();
        let home = Home::at(&folder.path().join("home"));
        std::fs::create_dir_all(home.config_file().parent().unwrap()).unwrap();
        std::fs::write(home.config_file(), config).unwrap();
        let settings = Settings::load(&home, &Environment::default(), &Flags::default()).unwrap();
        let app = App::open(&home, &settings).await.unwrap();
        Self { folder, home, settings, app }
    }

    fn turn(&self, text: &str) -> PostTurn {
        let workspace = self.folder.path().join("work").to_string_lossy().into_owned();
        PostTurn { text: text.into(), answers: Default::default(), network_reads: false, workspace, timezone: Some("UTC".into()) }
    }

    async fn say(&self, thread: &str, text: &str) -> TurnView {
        self.app.post_turn(&Principal::Owner, thread, self.turn(text)).await.unwrap()
    }

    async fn start(&self, thread: &str, text: &str) -> StartedTurn {
        let reach = Reach { address: "http://127.0.0.1:1", lasting: false };
        self.app.start_turn(&Principal::Owner, thread, self.turn(text), reach).await.unwrap()
    }

    fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("work").join(path)).ok()
    }

    async fn said(&self, thread: &str) -> Vec<String> {
        let view = self.app.thread(&Principal::Owner, thread).await.unwrap();
        let said = view.events.iter().filter_map(|event| match &event.item.body {
            ItemBody::Message { role, text } => Some(format!("{role}: {}", text.lines().next().unwrap_or_default())),
            _ => None,
        });
        said.collect()
    }
}

/// Whether a turn came to something that a person can use: a sound draft, a question, or an honest word.
fn is_usable(turn: &TurnView) -> bool {
    let sound = turn.draft.as_ref().is_some_and(|draft| !draft.diagnostics.iter().any(sayflow_protocol::Diagnostic::is_error));
    sound || !turn.questions.is_empty() || turn.cannot && turn.reply.len() > 20
}

#[tokio::test]
async fn a_draft_is_run_scheduled_looked_at_and_stopped_in_words() {
    let case = Case::new().await;
    let drafted = case.say("new", &format!("every weekday at 9 {REQUEST}")).await;
    let thread = drafted.thread.as_str().to_owned();
    assert!(drafted.draft.is_some(), "{}", drafted.reply);
    let started = case.say(&thread, "run it").await;
    let run = started.run.expect("a run");
    case.app.until_idle().await;
    assert_eq!(case.app.run(&Principal::Owner, run.as_str()).await.unwrap().status, RunStatus::Succeeded);
    assert!(case.read("big.json").unwrap().contains("300"));
    let status = case.say(&thread, "did it work?").await;
    assert!(status.reply.contains(run.as_str()) && status.reply.contains("succeeded"), "{}", status.reply);

    let activated = case.say(&thread, "activate it").await;
    assert!(activated.reply.contains("is active as version 1") && activated.reply.contains("Next:"), "{}", activated.reply);
    assert!(activated.reply.contains("big.json"), "it says where it writes: {}", activated.reply);
    let name = case.app.workflows(&Principal::Owner).await.unwrap().workflows[0].name.clone();
    let listed = case.say("new", "what is scheduled?").await;
    assert!(listed.reply.contains(&name), "{}", listed.reply);
    let stopped = case.say("new", &format!("turn {name} off")).await;
    assert!(stopped.reply.contains("is off"), "{}", stopped.reply);
    assert_eq!(case.app.workflows(&Principal::Owner).await.unwrap().workflows[0].active, None);
    let undone = case.say("new", &format!("undo {name}")).await;
    assert!(undone.reply.contains("back on version 1"), "{}", undone.reply);
    let typo = case.say("new", &format!("run {name}x-y")).await;
    assert!(typo.cannot && typo.reply.contains("no workflow"), "{}", typo.reply);
}

#[tokio::test]
async fn a_saved_workflow_is_changed_by_its_name_and_the_change_shown_and_undone() {
    let case = Case::new().await;
    let drafted = case.say("new", &format!("every weekday at 9 {REQUEST}")).await;
    case.say(drafted.thread.as_str(), "activate it").await;
    let name = case.app.workflows(&Principal::Owner).await.unwrap().workflows[0].name.clone();
    // Another conversation knows it by its name.
    let changed = case.say("new", &format!("make {name} hourly")).await;
    let diff = changed.draft.as_ref().expect("a draft").diff.as_ref().expect("a diff");
    assert_eq!(diff.against, format!("version 1 of {name}"));
    assert!(!diff.operations.is_empty() && diff.text.contains('-') && changed.reply.contains("Changed against"), "{}", changed.reply);
    let again = case.say(changed.thread.as_str(), "make it daily at 7").await;
    assert_eq!(again.draft.as_ref().unwrap().diff.as_ref().unwrap().against, "the draft before");
    let undone = case.say(changed.thread.as_str(), "undo").await;
    assert_eq!(undone.draft.as_ref().unwrap().id, changed.draft.as_ref().unwrap().id);
    let first = case.say(changed.thread.as_str(), "undo").await;
    assert!(first.reply.contains("first draft"), "{}", first.reply);
}

#[tokio::test]
async fn what_needs_approval_ends_the_turn_with_the_approval_and_words_do_not_give_it() {
    let case = Case::new().await;
    let drafted = case.say("new", "read orders.csv and post the number of rows to #sales in Slack").await;
    assert!(drafted.draft.is_some(), "{}", drafted.reply);
    let thread = drafted.thread.as_str().to_owned();
    let held = case.say(&thread, "run it").await;
    assert!(held.run.is_none() && held.approval.is_some() && held.pending.is_some(), "{held:?}");
    for words in ["yes", "yes, I approve it", "go ahead", "approved"] {
        let turn = case.say(&thread, words).await;
        assert!(turn.run.is_none(), "{words}: {}", turn.reply);
    }
    let held = case.say(&thread, "activate it").await;
    assert!(matches!(held.pending, Some(sayflow_protocol::api::Pending::Activate { .. })), "{held:?}");
    assert!(case.app.workflows(&Principal::Owner).await.unwrap().workflows.iter().all(|workflow| workflow.active.is_none()));
    assert!(case.app.runs(&Principal::Owner, Default::default()).await.unwrap().runs.is_empty());
}

#[tokio::test]
async fn a_failure_is_explained_from_the_journal() {
    let case = Case::new().await;
    let drafted = case.say("new", REQUEST).await;
    let thread = drafted.thread.as_str().to_owned();
    let none = case.say(&thread, "why did it fail?").await;
    assert!(none.reply.contains("No run has failed"), "{}", none.reply);
    std::fs::remove_file(case.folder.path().join("work/orders.csv")).unwrap();
    case.say(&thread, "run it").await;
    case.app.until_idle().await;
    let explained = case.say(&thread, "why did it fail?").await;
    assert!(explained.reply.contains("orders.csv"), "{}", explained.reply);
    let described = case.say(&thread, "what does it do?").await;
    assert!(described.reply.contains("big.json"), "{}", described.reply);
    let better = case.say(&thread, "how can I make it better?").await;
    assert!(!better.cannot && better.reply.contains("better") || better.reply.contains("nothing"), "{}", better.reply);
}

#[tokio::test]
async fn turns_of_two_surfaces_at_once_follow_each_other_in_the_order_in_which_they_came() {
    let case = Case::new().await;
    let thread = case.say("new", "hello").await.thread;
    let mut started = Vec::new();
    for at in 0..12 {
        let text = if at % 2 == 0 { format!("what can you do? {at}") } else { format!("the {at}. thing please") };
        started.push(case.start(thread.as_str(), &text).await);
    }
    for turn in started.into_iter().rev() {
        turn.outcome().await.unwrap();
    }
    let said = case.said(thread.as_str()).await;
    let users: Vec<&String> = said.iter().filter(|line| line.starts_with("user:")).skip(1).collect();
    for (at, line) in users.iter().enumerate() {
        assert!(line.contains(&at.to_string()), "{said:?}");
    }
    // Nobody speaks before the one before was answered.
    assert!(said.chunks(2).all(|pair| pair[0].starts_with("user:") && pair[1].starts_with("agent:")), "{said:?}");
}

#[tokio::test]
async fn a_turn_goes_on_when_nobody_listens_any_more() {
    let case = Case::new().await;
    let started = case.start("new", REQUEST).await;
    let thread = started.thread.clone();
    drop(started);
    case.app.until_idle().await;
    let said = case.said(thread.as_str()).await;
    assert_eq!(said.len(), 2, "{said:?}");
}

#[tokio::test]
async fn the_model_plans_and_the_turn_is_told_as_it_goes_on() {
    let server = ModelServer::start().await;
    server.on(OUTLINE).reply(Reply::text(PLAN).usage(900, 80));
    server.on(JUDGE).reply(Reply::json(&json!({ "differences": [] })));
    let case = Case::asking(&server).await;
    let mut messages = case.start("new", REQUEST).await.into_messages();
    let (mut stages, mut outcome, mut begun) = (Vec::new(), None, 0);
    while let Some(message) = messages.recv().await {
        match message {
            TurnMessage::Begun { .. } => begun += 1,
            TurnMessage::Progress(TurnProgress::Stage { stage, .. }) if stages.last() != Some(&stage) => stages.push(stage),
            TurnMessage::Progress(_) => {}
            TurnMessage::Turn(turn) => outcome = Some(turn),
            TurnMessage::Problem(problem) => panic!("{problem:?}"),
        }
    }
    let turn = outcome.expect("an outcome, at last");
    assert_eq!((turn.planner.as_str(), begun), ("model", 1), "{}", turn.reply);
    assert_eq!(turn.draft.as_ref().unwrap().workflow["name"], "big-orders");
    assert!(turn.usage.model_calls >= 2 && turn.usage.input_tokens >= 900, "{:?}", turn.usage);
    for stage in [Stage::Searching, Stage::Outlining, Stage::Checking, Stage::DryRun, Stage::Comparing] {
        assert!(stages.contains(&stage), "{stage:?} is missing: {stages:?}");
    }
    let spent = case.app.thread(&Principal::Owner, turn.thread.as_str()).await.unwrap();
    let last = &spent.events.last().unwrap().item.body;
    assert!(matches!(last, ItemBody::Spent { planner, usage } if planner == "model" && usage.model_calls >= 2), "{last:?}");
    server.assert_done();
}

#[tokio::test]
async fn differences_go_back_to_the_model_once() {
    let server = ModelServer::start().await;
    server.on(OUTLINE).reply(Reply::text(PLAN));
    server.on(JUDGE).reply(Reply::json(&json!({ "differences": ["It keeps orders over 100; the request wants those over 200."] })));
    server.on("# Repair of a workflow").reply_with(|seen| {
        assert!(seen.prompt().contains("those over 200"), "the difference is fed back");
        Reply::empty()
    });
    server.any().always(Reply::empty());
    let case = Case::asking(&server).await;
    let turn = case.say("new", REQUEST).await;
    assert!(turn.draft.is_some() && turn.reply.contains("this may differ: It keeps orders over 100"), "{}", turn.reply);
}

#[tokio::test]
async fn every_bad_answer_ends_in_the_offline_planners_draft_which_says_why() {
    type Bad = (&'static str, fn() -> Reply, &'static str);
    let bad: Vec<Bad> = vec![
        ("prose", || Reply::text("I would be glad to help you with that."), "outline"),
        ("a hallucinated action", || Reply::text("workflow a \"b\"\nx = fax.send(to: \"1\")"), "fax.send"),
        (
            "a cycle",
            || Reply::text("workflow a \"b\"\na = file.write(path: \"a\", content: b)\nb = file.write(path: \"b\", content: a)"),
            "did not pass the checks",
        ),
        ("a tool that nobody offered", || Reply::call("rm", json!({ "path": "/" })), ""),
        ("nothing", Reply::empty, ""),
        ("a refusal", || Reply::refusal("I will not."), ""),
        ("ten megabytes", || Reply::of_size(10_000_000), ""),
        ("no end", Reply::endless, ""),
        ("a truncated stream", || Reply::text(PLAN).ends_after(2), ""),
        ("a stall", || Reply::text(PLAN).stalls_after(2), ""),
        ("silence", Reply::silence, ""),
        ("a hang-up", Reply::hang_up, ""),
        ("401", || Reply::error(401, "invalid_api_key", "no"), ""),
        ("404", || Reply::error(404, "model_not_found", "no such model"), ""),
        ("429", || Reply::error(429, "rate_limit_exceeded", "slow down").header("retry-after", "1"), ""),
        ("500", || Reply::error(500, "server_error", "oops"), ""),
        ("too long", || Reply::error(400, "context_length_exceeded", "maximum context length is 10 tokens"), ""),
    ];
    for (what, reply, reason) in bad {
        let server = ModelServer::start().await;
        server.any().with(move |_| reply());
        let case = Case::asking(&server).await;
        let turn = case.say("new", REQUEST).await;
        assert!(is_usable(&turn), "{what}: {}", turn.reply);
        assert_eq!(turn.planner, "offline", "{what}: {}", turn.reply);
        assert!(turn.reply.contains("offline planner") && turn.reply.contains(reason), "{what}: {}", turn.reply);
        assert!(!turn.reply.contains("went wrong"), "{what}: {}", turn.reply);
        let draft = turn.draft.as_ref().unwrap_or_else(|| panic!("{what}: {}", turn.reply));
        assert!(draft.workflow.to_string().contains("big.json"), "{what}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_away_is_named_with_the_way_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let case = Case::with(&format!("[models]\nbase_url = \"http://{address}/v1\"\nmodel = \"m\"\nretries = 0\n")).await;
    let turn = case.say("new", REQUEST).await;
    assert_eq!(turn.planner, "offline");
    assert!(turn.reply.contains(&address.to_string()) && turn.draft.is_some(), "{}", turn.reply);
}

#[tokio::test]
async fn a_budget_that_is_spent_is_said_and_the_offline_planner_goes_on() {
    let server = ModelServer::start().await;
    let config =
        format!("[models]\nbase_url = \"{}\"\nmodel = \"scripted\"\nretries = 0\n[models.budget]\nturn_tokens = 10\n", server.base_url());
    let case = Case::with(&config).await;
    let turn = case.say("new", REQUEST).await;
    assert_eq!((turn.planner.as_str(), turn.usage.model_calls), ("offline", 0), "{}", turn.reply);
    assert!(turn.draft.is_some() && turn.reply.contains("turn_tokens"), "{}", turn.reply);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_interrupted_turn_stops_the_call_and_ends_with_a_word() {
    let server = ModelServer::start().await;
    let gate = Gate::new();
    server.any().always(Reply::text(PLAN).behind(&gate));
    let case = Case::asking(&server).await;
    let started = case.start("new", REQUEST).await;
    let (thread, name) = (started.thread.clone(), started.turn.clone());
    server.until_asked(1).await;
    let stopped = case.app.interrupt_turn(&Principal::Owner, thread.as_str(), InterruptTurn { turn: Some(name) }).await.unwrap();
    assert!(stopped.was_active);
    let turn = started.outcome().await.unwrap();
    assert!(turn.interrupted && turn.reply.starts_with("Stopped"), "{}", turn.reply);
    assert_eq!(case.said(thread.as_str()).await.len(), 2);
    // The conversation goes on.
    let hello = case.say(thread.as_str(), "hello").await;
    assert!(!hello.interrupted);
    let idle = case.app.interrupt_turn(&Principal::Owner, thread.as_str(), InterruptTurn::default()).await.unwrap();
    assert!(!idle.was_active);
    gate.open();
}

#[tokio::test]
async fn a_turn_that_waits_for_another_can_be_stopped_before_it_begins() {
    let server = ModelServer::start().await;
    let gate = Gate::new();
    server.any().always(Reply::text("nothing").behind(&gate));
    let case = Case::asking(&server).await;
    let first = case.start("new", REQUEST).await;
    server.until_asked(1).await;
    let thread = first.thread.clone();
    // The first turn's message is stored by now.
    let second = case.start(thread.as_str(), "hello").await;
    let which = InterruptTurn { turn: Some(second.turn.clone()) };
    assert!(case.app.interrupt_turn(&Principal::Owner, thread.as_str(), which).await.unwrap().was_active);
    assert!(second.outcome().await.is_err());
    case.app.interrupt_turn(&Principal::Owner, thread.as_str(), InterruptTurn::default()).await.unwrap();
    assert!(first.outcome().await.unwrap().interrupted);
    assert_eq!(case.said(thread.as_str()).await.len(), 2);
    gate.open();
}

#[tokio::test]
async fn an_unclear_message_is_understood_by_the_model_and_the_act_is_the_applications() {
    let server = ModelServer::start().await;
    server.on(UNDERSTAND).reply(Reply::call("list", json!({ "what": "runs" })));
    server.on(UNDERSTAND).reply(Reply::text("{\"tool\": \"small_talk\", \"arguments\": {}}"));
    server.on(TALK).reply(Reply::text("You have no workflows yet.").streamed().pieces(5));
    let case = Case::asking(&server).await;
    let listed = case.say("new", "which ones went through lately, I wonder").await;
    assert!(listed.reply.contains("Nothing has run yet"), "{}", listed.reply);
    let mut messages = case.start("new", "do you like my workflows?").await.into_messages();
    let (mut streamed, mut reply) = (String::new(), String::new());
    while let Some(message) = messages.recv().await {
        match message {
            TurnMessage::Progress(TurnProgress::Text { delta }) => streamed.push_str(&delta),
            TurnMessage::Turn(turn) => reply = turn.reply,
            _ => {}
        }
    }
    assert_eq!((streamed.as_str(), reply.as_str()), ("You have no workflows yet.", "You have no workflows yet."));
    let asked = server.requests();
    assert!(!asked[0].tools().is_empty() && asked.last().unwrap().tools().is_empty());
    server.assert_done();
}

#[tokio::test]
async fn a_turn_that_a_process_left_in_its_middle_is_gone_on_with() {
    let server = ModelServer::start().await;
    let gate = Gate::new();
    server.on(OUTLINE).reply(Reply::text(PLAN).behind(&gate)).reply(Reply::text(PLAN));
    server.on(JUDGE).reply(Reply::json(&json!({ "differences": [] })));
    let case = Case::asking(&server).await;
    let started = case.start("new", REQUEST).await;
    let thread = started.thread.clone();
    server.until_asked(1).await;
    // The message is stored; its reply never is.
    case.app.close().await;
    let case = Case { app: App::open(&case.home, &case.settings).await.unwrap(), ..case };
    assert_eq!(case.said(thread.as_str()).await.len(), 1);
    let turn = case.say(thread.as_str(), "").await;
    assert_eq!(turn.draft.as_ref().expect("a draft").workflow["name"], "big-orders");
    assert_eq!(case.said(thread.as_str()).await.len(), 2);
    gate.open();
}
