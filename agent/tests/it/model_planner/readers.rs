//! Requests of many kinds, answered by a reader who knew nothing but the prompts, down to what the drafts would do.

use super::desk::{Desk, FILL};
use crate::world::World;
use sayflow_agent::testing::Reply;
use serde_json::{Value, json};

/// What a dry run of the draft would do.
async fn effects(desk: &Desk, request: &str, world: &World, trigger: Option<Value>) -> Vec<String> {
    let document = desk.document(request).await;
    let workflow = serde_json::from_value(document).unwrap();
    world.effects_of(&workflow, trigger).await
}

#[tokio::test]
async fn a_server_is_watched() {
    let desk = Desk::writing(
        r##"workflow status-watch "Tell #ops when status.example does not answer well."
trigger schedule every 15m
check = http.request(url: "https://status.example/health", expect_status: 200) on error continue
alarm = slack.send_message(channel: "#ops", text: `https://status.example/health does not answer well: ${steps.check.error.message}`) if check === null"##,
    )
    .await;
    let request = "every 15 minutes check https://status.example/health and post to #ops if it does not answer with 200";
    let down = World::default().page("https://status.example/health", 503, "{}");
    let found = effects(&desk, request, &down, None).await;
    assert!(found[0].starts_with("Succeeded"), "{found:?}");
    assert!(
        found.iter().any(|line| line.starts_with("alarm slack.send_message") && line.contains("#ops") && line.contains("503")),
        "{found:?}"
    );

    desk.server.on(super::desk::OUTLINE).reply(Reply::text(
        "workflow status-watch \"x\"\ncheck = http.request(url: \"https://status.example/health\") on error continue\n\
         alarm = slack.send_message(channel: \"#ops\", text: \"down\") if check.error",
    ));
    let up = World::default().page("https://status.example/health", 200, "{}");
    assert_eq!(effects(&desk, request, &up, None).await.len(), 1);
}

#[tokio::test]
async fn files_are_sorted_as_they_arrive() {
    let desk = Desk::writing(
        r##"workflow german-rows "Collect the German rows of new files."
trigger file path "inbox" pattern "*.csv"
rows = file.read(path: trigger.payload.path)
german = data.filter(items: rows.content, where: item.country === "DE")
keep = file.write(path: "german.csv", mode: "append", content: german.items)
done = file.move(from: trigger.payload.path, to: `done/${trigger.payload.name}`) after keep"##,
    )
    .await;
    let world = World::default().file("inbox/a.csv", "name,country\nAnn,DE\nBob,FR\n");
    let trigger = json!({ "type": "file", "time": "2026-11-20T11:00:00Z", "payload": { "name": "a.csv", "path": "inbox/a.csv", "size": 30 }, "headers": {} });
    let request = "when a csv file arrives in inbox, append its rows with country DE to german.csv and move it to done";
    let found = effects(&desk, request, &world, Some(trigger)).await;
    assert!(
        found.iter().any(|line| line == "file german.csv \"name,country\\nAnn,DE\\n\""
            || line.contains("german.csv") && line.contains("Ann") && !line.contains("Bob")),
        "{found:?}"
    );
}

#[tokio::test]
async fn everybody_gets_their_own_list() {
    let desk = Desk::writing(
        r##"workflow issue-mails "Mail everybody their open issues every Friday."
trigger schedule cron "0 16 * * 5" tz Europe/Berlin
issues = http.request(url: "https://api.tracker.example/issues", query: { state: "open" })
people = data.aggregate(items: issues.body, group_by: "assignee", measures: { titles: { op: "list", of: "title" } })
mail = email.send(to: `${person.assignee}@company.example`, subject: "Your open issues", text: person.titles.join("\n")) for each person in people.items"##,
    )
    .await;
    let issues = r#"[{"assignee":"ann","title":"A"},{"assignee":"bob","title":"B"},{"assignee":"ann","title":"C"}]"#;
    let world = World::default().page("https://api.tracker.example/issues", 200, issues);
    let request = "every Friday at 16:00 get https://api.tracker.example/issues with state open and mail each assignee at NAME@company.example a list of theirs";
    let found = effects(&desk, request, &world, None).await;
    let mails: Vec<&String> = found.iter().filter(|line| line.contains("email.send")).collect();
    assert_eq!(mails.len(), 2, "{found:?}");
    assert!(mails[0].contains("ann@company.example") && mails[0].contains("A\\nC"), "{mails:?}");
}

#[tokio::test]
async fn a_deployment_waits_for_a_yes() {
    let desk = Desk::writing(
        r##"workflow deploy "Deploy when somebody asks for it and the lead agrees."
trigger message channel "#ops" pattern "deploy"
yes = flow.approve(message: `${trigger.payload.user} wants to deploy. Go on?`, approvers: "lead")
start = http.request(method: "POST", url: "https://ci.example/deploys") if yes.approved
wait = http.request(url: `https://ci.example/deploys/${start.body.id}`) repeat until output.body.status !== "running" every 1m max 60
tell = slack.send_message(channel: "#ops", text: `The deployment ended: ${wait.body.status}`)
no = slack.send_message(channel: "#ops", text: "The deployment was not approved.") else of start"##,
    )
    .await;
    let document = desk
        .document("when somebody writes deploy in #ops, ask the lead, then POST to https://ci.example/deploys, wait until it is done and tell #ops how it went")
        .await;
    let ids: Vec<&str> = document["steps"].as_array().unwrap().iter().filter_map(|step| step["id"].as_str()).collect();
    assert_eq!(ids, ["yes", "start", "wait", "tell", "no"]);
    assert_eq!(document["steps"][2]["repeat"]["until"], "${{ output.body.status !== \"running\" }}");
}

#[tokio::test]
async fn lists_are_put_together_and_ranked() {
    let desk = Desk::writing(
        r##"workflow best-customers "Rank the customers by revenue."
customers = file.read(path: "customers.csv")
orders = file.read(path: "orders.csv")
joined = data.join(left: orders.content, right: customers.content, on: { customer_id: "id" })
sums = data.aggregate(items: joined.items, group_by: "name", measures: { revenue: { op: "sum", of: "amount" } })
ranked = data.sort(items: sums.items, by: "revenue", order: "desc")
top = data.limit(items: ranked.items, count: 2)
save = file.write(path: "top.json", content: top.items) if orders.content.length > 0
tell = telegram.send_message(chat_id: "12345", text: top.items.map((c, i) => `${i + 1}. ${c.name}: ${c.revenue}`).join("\n")) if orders.content.length > 0
mail = email.send(to: "me@shop.example", subject: "No orders", text: "There are no orders.") else of tell"##,
    )
    .await;
    let world = World::default()
        .file("customers.csv", "id,name\n1,Ann\n2,Bob\n3,Cy\n")
        .file("orders.csv", "customer_id,amount\n2,10\n1,5\n2,7\n3,1\n");
    let request = "join customers.csv and orders.csv, save the top 2 customers by revenue to top.json and tell the Telegram chat 12345; if there are no orders mail me@shop.example";
    let found = effects(&desk, request, &world, None).await;
    assert!(found.iter().any(|line| line.starts_with("tell ") && line.contains("1. Bob: 17\\n2. Ann: 5")), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("file top.json")) && !found.iter().any(|line| line.starts_with("mail ")), "{found:?}");
}

#[tokio::test]
async fn single_results_are_put_into_one_message() {
    let desk = Desk::writing(
        r##"workflow news-digest "Post yesterday's news in short every morning."
trigger schedule cron "0 8 * * *" tz Europe/Berlin
stories = feed.read(url: "https://news.example/feed.xml")
fresh = data.filter(items: stories.entries, where: Date.parse(now) - Date.parse(item.published) < 24 * 60 * 60 * 1000)
short = ai.summarize(text: story.summary, max_words: 30) for each story in fresh.items concurrency 4
post = slack.send_message(channel: "#news", text: later("title and summary of each fresh story, and its link"))"##,
    )
    .await;
    desk.server.on(FILL).reply(Reply::text(
        r##"{"channel": "#news", "text": "${{ fresh.items.map((story, i) => `*${story.title}* ${short[i].summary} ${story.link}`).join('\n') }}"}"##,
    ));
    let document = desk.document("every morning at 8 post the last day's stories of https://news.example/feed.xml to #news in one message, each summarized in 30 words").await;
    let post = &document["steps"][3];
    assert_eq!(
        post["with"]["text"],
        "${{ steps.fresh.output.items.map((story, i) => `*${story.title}* ${steps.short.output[i].summary} ${story.link}`).join('\\n') }}"
    );
    assert_eq!(post["if"], "${{ steps.fresh.output.items.length > 0 || steps.short.output.length > 0 }}");
}
