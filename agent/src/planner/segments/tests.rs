//! What the parts above are held to.

use super::*;
use crate::language::tokenize;

fn said(text: &str) -> Vec<String> {
    clauses(&tokenize(text))
        .into_iter()
        .map(|clause| {
            let words = |tokens: &[Token]| tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
            let mark = match &clause.when {
                When::Always => String::new(),
                When::If { condition, unless } => format!("[{} {}] ", if *unless { "unless" } else { "if" }, words(condition)),
                other => format!("[{other:?}] "),
            };
            let each = clause.each.as_ref().map_or(String::new(), |each| format!("<{}> ", words(each)));
            format!("{mark}{each}{}", words(&clause.tokens))
        })
        .collect()
}

#[test]
fn requests_fall_into_clauses() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        (
            "Read orders.csv, keep the orders over 90, sort them by amount and save them as big.json.",
            vec!["Read orders.csv", "keep the orders over 90", "sort them by amount", "save them as big.json"],
        ),
        (
            "1. read orders.csv\n2. sort by ordered, oldest first\n3. keep the first 2",
            vec!["read orders.csv", "sort by ordered , oldest first", "keep the first 2"],
        ),
        (
            "Could you please take orders.csv, leave out the cancelled ones and write the rest to active.csv?",
            vec!["take orders.csv", "leave out the cancelled ones", "write the rest to active.csv"],
        ),
        (
            "orders.csv: keep status paid, then sum amount per country, then save to x.json",
            vec!["orders.csv", "keep status paid", "sum amount per country", "save to x.json"],
        ),
        (
            "From orders.csv keep the rows where country is Italy or country is France, write them to south.csv",
            vec!["From orders.csv keep the rows where country is Italy or country is France", "write them to south.csv"],
        ),
        (
            "keep just the customer and country, and write that to open.json. Thanks!",
            vec!["keep just the customer and country", "write that to open.json"],
        ),
        (
            "count the open tickets; if there are more than 2 post \"Too many\" to #ops, otherwise post \"All calm\" to #ops",
            vec!["count the open tickets", "[if there are more than 2] post \"Too many\" to #ops", "[Otherwise] post \"All calm\" to #ops"],
        ),
        (
            "Check https://x.example/health and if status isn't \"ok\" send \"Failed\" to #oncall",
            vec!["Check https://x.example/health", "[if status isn't \"ok\"] send \"Failed\" to #oncall"],
        ),
        (
            "unless balance in account.json is at least 100, email \"Low\" to o@cafe.example",
            vec!["[unless balance in account.json is at least 100] email \"Low\" to o@cafe.example"],
        ),
        (
            "look at stock.csv and if any product has quantity below 5 mail the list to b@s.example",
            vec!["look at stock.csv", "[if any product has quantity below 5] mail the list to b@s.example"],
        ),
        (
            "for each open ticket at https://x.example/t send a message with its title to #triage",
            vec!["<open ticket at https://x.example/t> send a message with its title to #triage"],
        ),
        (
            "get https://x.example/s and send the state to #ops on slack, to telegram chat 99 and by mail to ops@x.example",
            vec!["get https://x.example/s", "send the state to #ops on slack , to telegram chat 99 and by mail to ops@x.example"],
        ),
        (
            "split orders.csv - paid ones go to paid.csv, open ones go to open.csv",
            vec!["split orders.csv - paid ones go to paid.csv", "open ones go to open.csv"],
        ),
        ("fetch x.json and tell #ops if the status is not ok", vec!["fetch x.json", "[if the status is not ok] tell #ops"]),
        (
            "Save the paid rows of orders.csv to paid.csv, but do not post anything to Slack",
            vec!["Save the paid rows of orders.csv to paid.csv", "do not post anything to Slack"],
        ),
        ("get x.json, if it fails tell #ops", vec!["get x.json", "[Failure] tell #ops"]),
        ("how many are there? write the number to count.txt", vec!["how many are there", "write the number to count.txt"]),
        (
            "when the temperature at https://x.example/f is above -15, alert #kitchen with \"Warm\", and save the reading to f.json either way",
            vec![
                "[if the temperature at https://x.example/f is above -15] alert #kitchen with \"Warm\"",
                "save the reading to f.json either way",
            ],
        ),
    ] {
        let got = said(text);
        if got != expected {
            wrong.push(format!("{text}: {got:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
