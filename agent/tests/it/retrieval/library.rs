//! Finding actions and templates for requests in other words than the declarations use.

use sayflow_agent::planner::ActionRanker;
use sayflow_agent::retrieval::{EntryKind, Library};
use sayflow_protocol::Workflow;
use serde_json::json;
use std::sync::Arc;

/// One request or part of one, and the action that belongs to it.
const PARAPHRASES: &[(&str, &str)] = &[
    ("grab the JSON at https://api.example/v1/users", "http.request"),
    ("call our REST endpoint with a POST", "http.request"),
    ("ping the health URL of the server", "http.request"),
    ("pull the latest numbers from the web service", "http.request"),
    ("hit http://localhost:9000/status and look at the answer", "http.request"),
    ("open inventory.csv", "file.read"),
    ("load the contents of notes.txt", "file.read"),
    ("take the data in customers.json", "file.read"),
    ("store the outcome as result.json", "file.write"),
    ("put it into out/summary.txt", "file.write"),
    ("append a line to log.csv", "file.write"),
    ("dump everything to a spreadsheet called totals.csv", "file.write"),
    ("which documents are in the inbox folder", "file.list"),
    ("find all PDFs in the directory reports", "file.list"),
    ("move processed invoices to the archive folder", "file.move"),
    ("rename draft.txt to final.txt", "file.move"),
    ("get rid of the temporary files", "file.delete"),
    ("erase old.csv", "file.delete"),
    ("latest articles from the blog's RSS", "feed.read"),
    ("new episodes of the podcast feed", "feed.read"),
    ("headlines from https://news.example/atom.xml", "feed.read"),
    ("scrape the product names off the web page", "html.extract"),
    ("pick all links out of the HTML", "html.extract"),
    ("parse this comma separated text into rows", "csv.parse"),
    ("make CSV text of the rows", "csv.format"),
    ("decode the JSON string", "json.parse"),
    ("pretty print it as JSON", "json.format"),
    ("read the YAML text into an object", "yaml.parse"),
    ("convert the settings to YAML", "yaml.format"),
    ("turn the XML document into data", "xml.parse"),
    ("only keep rows whose amount is over 100", "data.filter"),
    ("just the unpaid ones", "data.filter"),
    ("leave out everything that is cancelled", "data.filter"),
    ("those where the country equals Germany", "data.filter"),
    ("rename the columns and keep name and price", "data.map"),
    ("show nothing but the title and link of each", "data.map"),
    ("order them by date, newest on top", "data.sort"),
    ("rank by revenue, highest first", "data.sort"),
    ("alphabetically by last name", "data.sort"),
    ("the top five", "data.limit"),
    ("no more than ten entries", "data.limit"),
    ("drop the duplicate addresses", "data.unique"),
    ("every customer only once", "data.unique"),
    ("how many orders does each region have", "data.aggregate"),
    ("add up the prices", "data.aggregate"),
    ("mean rating per product", "data.aggregate"),
    ("combine customers with their orders on customer_id", "data.join"),
    ("merge the two tables by id", "data.join"),
    ("does the message contain an order number", "text.match"),
    ("pull the invoice number out of the subject with a regex", "text.match"),
    ("cut the text into lines", "text.split"),
    ("swap commas for semicolons in the text", "text.replace"),
    ("fill a letter with name and amount", "text.template"),
    ("write the date as day.month.year", "date.format"),
    ("show the timestamp in New York time", "date.format"),
    ("sha256 of the body", "hash.digest"),
    ("checksum of the file content", "hash.digest"),
    ("run a bit of JavaScript over it", "code.javascript"),
    ("look up open tickets in support.db", "sql.query"),
    ("select all users from the database", "sql.query"),
    ("rows of the orders table in shop.sqlite", "sql.query"),
    ("insert a record into the log table", "sql.execute"),
    ("mark the order as shipped in the database", "sql.execute"),
    ("mail the report to boss@company.example", "email.send"),
    ("drop ann@x.example a line about it", "email.send"),
    ("share it in #general on Slack", "slack.send_message"),
    ("let the #ops channel know", "slack.send_message"),
    ("text me on Telegram", "telegram.send_message"),
    ("send it to the telegram group -100123", "telegram.send_message"),
    ("hold on for ten minutes", "flow.wait"),
    ("pause until tomorrow morning", "flow.wait"),
    ("reply to the webhook caller with a 200", "flow.respond"),
    ("stop with an error when the list is empty", "flow.fail"),
];

/// Requests in other words than the templates' examples.
const TEMPLATE_PARAPHRASES: &[(&str, &str)] = &[
    ("watch our site and shout in Slack when it is offline", "endpoint-health-check"),
    ("products that are almost sold out, to the warehouse", "low-stock-alert"),
    ("put the XML file with orders into the database", "xml-orders-to-database"),
    ("biggest orders for the sales channel", "large-orders-to-slack"),
    ("keep new leads from the form in a csv", "webhook-lead-capture"),
    ("urgent helpdesk tickets as telegram messages", "urgent-tickets-telegram"),
    ("contact page messages should be emailed to support", "contact-form-to-mail"),
    ("share new posts of an rss feed with the developers", "release-feed-to-slack"),
    ("daily overview of jobs that failed", "failed-jobs-report"),
    ("monthly spending by category", "expenses-by-category"),
    ("weekly list of invoices that are overdue", "overdue-invoices-digest"),
    ("write down the euro exchange rate each day", "exchange-rate-log"),
    ("titles of a web page in my mail every morning", "page-headlines-by-mail"),
    ("clean the newsletter subscribers of duplicates", "clean-subscriber-list"),
    ("weather forecast by telegram in the morning", "morning-weather-telegram"),
];

fn library() -> Library {
    Library::new(Arc::new(sayflow_actions::catalogue()))
}

/// The share of pairs whose entry is among the first `depth`, and those that are not with what was found.
fn recall(pairs: &[(&str, &str)], depth: usize, kind: EntryKind) -> (f32, Vec<String>) {
    let library = library();
    let missed: Vec<String> = pairs
        .iter()
        .filter_map(|(text, wanted)| {
            let found: Vec<String> = library.search_words(text, &[kind], depth).into_iter().map(|hit| hit.id).collect();
            (!found.iter().any(|id| id == wanted)).then(|| format!("{text} -> {wanted}, found {found:?}"))
        })
        .collect();
    (1.0 - missed.len() as f32 / pairs.len() as f32, missed)
}

#[test]
fn paraphrased_steps_find_their_action_among_the_first_five() {
    assert!(PARAPHRASES.len() >= 60);
    let (share, missed) = recall(PARAPHRASES, 5, EntryKind::Action);
    assert!(share >= 0.95, "recall@5 is {share}: {missed:#?}");
}

#[test]
fn paraphrased_requests_find_their_template_among_the_first_three() {
    let (share, missed) = recall(TEMPLATE_PARAPHRASES, 3, EntryKind::Template);
    assert!(share >= 0.9, "recall@3 is {share}: {missed:#?}");
}

#[test]
fn scores_say_how_much_of_the_text_is_covered() {
    let ranked = library().rank("filter the list", 5);
    assert_eq!(ranked[0].0, "data.filter");
    assert!(ranked.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    let nonsense = library().rank("xylophone zeppelin quokka", 1).first().map_or(0.0, |(_, score)| *score);
    assert!(nonsense < ranked[0].1 / 2.0, "{nonsense} against {}", ranked[0].1);
    assert!(library().rank("", 5).is_empty());
}

#[tokio::test]
async fn saved_workflows_are_found_until_they_are_removed() {
    let library = library();
    let saved: Workflow = serde_json::from_value(json!({
        "name": "zebra-census", "description": "Count the zebras of the national park.", "steps": [{ "id": "count", "uses": "data.aggregate" }]
    }))
    .unwrap();
    library.put_workflow(&saved);
    library.put_workflow(&saved);
    let found = library.retrieve("how many zebras are there?").await.demonstrations;
    assert_eq!((found[0].id.as_str(), found[0].kind), ("zebra-census", EntryKind::Workflow));
    library.remove_workflow("zebra-census");
    assert!(library.retrieve("how many zebras are there?").await.demonstrations.iter().all(|hit| hit.id != "zebra-census"));
}

#[tokio::test]
async fn a_request_retrieves_at_most_thirty_actions_and_five_demonstrations() {
    let found =
        library().retrieve("read the file, filter and sort the list, then post a message with the data to Slack and write a report").await;
    assert!(found.actions.len() <= 30 && found.actions.len() > 10);
    assert!(found.demonstrations.len() <= 5 && !found.demonstrations.is_empty());
}
