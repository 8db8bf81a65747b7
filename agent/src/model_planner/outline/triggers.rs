//! Lines that begin with `trigger`.

use super::modifiers::{interval, unquote};
use super::scan::{Mark, scan};
use sayflow_protocol::workflow::{EventKind, Overlap, Trigger, WebhookAuth};

/// How a trigger is written, for those who wrote another.
pub const FORMS: &str = "write one of: trigger schedule cron \"0 9 * * 1-5\" tz Europe/Berlin · trigger schedule every 15m · trigger schedule at \
\"2026-12-01T09:00\" · trigger webhook path \"orders\" · trigger feed url \"https://…\" every 15m · trigger file path \"inbox\" pattern \"*.csv\" · \
trigger event workflow \"other\" on failed · trigger message channel \"#ops\" pattern \"deploy\"";

/// Words that are followed by a value.
const KEYS: &[&str] = &[
    "cron",
    "every",
    "at",
    "tz",
    "timezone",
    "misfire",
    "overlap",
    "path",
    "method",
    "auth",
    "header",
    "url",
    "pattern",
    "workflow",
    "on",
    "channel",
    "token",
    "hmac",
    "credential",
];

/// Reads what stands behind the word `trigger`.
///
/// # Errors
/// What is wrong, and how to write it. `None` is a workflow that is started by hand.
pub fn trigger_of(text: &str) -> Result<Option<Trigger>, String> {
    let tokens = tokens(text);
    let Some(kind) = tokens.first() else { return Err(FORMS.to_owned()) };
    let kind = kind.to_lowercase();
    if !["manual", "none", "schedule", "webhook", "feed", "file", "event", "message", "cron", "every", "at"].contains(&kind.as_str()) {
        return Err(format!("there is no trigger \"{kind}\"; {FORMS}"));
    }
    let mut pairs = Pairs::read(&tokens[1..])
        .or_else(|why| if kind == "cron" || kind == "every" || kind == "at" { Ok(Pairs(Vec::new())) } else { Err(why) })?;
    let trigger = match kind.as_str() {
        "manual" | "none" => return Ok(None),
        "schedule" => schedule(&mut pairs)?,
        "webhook" => Trigger::Webhook {
            path: pairs.must("path", "trigger webhook path \"orders\"")?.trim_start_matches("/hooks/").to_owned(),
            method: pairs.take("method").map(|method| method.to_uppercase()),
            auth: pairs.auth()?,
        },
        "feed" => Trigger::Feed {
            url: pairs.must("url", "trigger feed url \"https://news.example/feed.xml\"")?,
            every: pairs.take("every").map(|text| interval(&text)).transpose()?,
        },
        "file" => {
            Trigger::File { path: pairs.must("path", "trigger file path \"inbox\" pattern \"*.csv\"")?, pattern: pairs.take("pattern") }
        }
        "event" => Trigger::Event {
            workflow: pairs.must("workflow", "trigger event workflow \"nightly\" on failed")?,
            on: match pairs.take("on").unwrap_or_default().to_lowercase().as_str() {
                "failed" | "failure" => EventKind::Failed,
                "succeeded" | "success" => EventKind::Succeeded,
                _ => return Err("an event has `on failed` or `on succeeded`".to_owned()),
            },
        },
        "message" => {
            Trigger::Message { channel: pairs.must("channel", "trigger message channel \"#ops\"")?, pattern: pairs.take("pattern") }
        }
        // The word `schedule` was left out.
        _ => schedule(&mut Pairs::read(&tokens)?)?,
    };
    Ok(Some(trigger))
}

fn schedule(pairs: &mut Pairs) -> Result<Trigger, String> {
    let cron = pairs.take("cron");
    let every = pairs.take("every").map(|text| interval(&text)).transpose()?;
    let at = pairs.take("at").map(|at| at.replacen(' ', "T", 1));
    if [cron.is_some(), every.is_some(), at.is_some()].iter().filter(|given| **given).count() != 1 {
        return Err("a schedule has exactly one of: cron \"0 9 * * 1-5\", every 15m, at \"2026-12-01T09:00\"".to_owned());
    }
    let overlap = match pairs.take("overlap").as_deref() {
        None => None,
        Some("skip") => Some(Overlap::Skip),
        Some("queue") => Some(Overlap::Queue),
        Some("parallel") => Some(Overlap::Parallel),
        Some(other) => return Err(format!("overlap is skip, queue or parallel, not {other}")),
    };
    let timezone = pairs.take("tz").or_else(|| pairs.take("timezone"));
    Ok(Trigger::Schedule { cron, every, at, timezone, misfire: pairs.take("misfire"), overlap })
}

/// Words and their values.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// A value reaches to the next word that takes one, so that `cron 0 9 * * 1-5` needs no quotes.
    fn read(tokens: &[String]) -> Result<Self, String> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for token in tokens {
            let key = token.to_lowercase();
            // `auth token website`: the value of `auth` is a word of the list too.
            let of_auth = pairs.last().is_some_and(|(last, value)| last == "auth" && value.is_empty());
            let waits = pairs.last().is_some_and(|(_, value)| value.is_empty());
            match pairs.last_mut() {
                Some((_, value)) if waits && (of_auth || !KEYS.contains(&key.as_str())) => *value = token.clone(),
                _ if KEYS.contains(&key.as_str()) => pairs.push((key, String::new())),
                Some((_, value)) if !value.is_empty() => {
                    value.push(' ');
                    value.push_str(token);
                }
                _ => return Err(format!("`{token}` is not understood; {FORMS}")),
            }
        }
        match pairs.iter().find(|(_, value)| value.is_empty()) {
            Some((key, _)) => Err(format!("`{key}` needs a value; {FORMS}")),
            None => Ok(Self(pairs)),
        }
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(at).1)
    }

    fn must(&mut self, key: &str, form: &str) -> Result<String, String> {
        self.take(key).ok_or_else(|| format!("`{key}` is missing: {form}"))
    }

    fn auth(&mut self) -> Result<Option<WebhookAuth>, String> {
        let Some(auth) = self.take("auth") else { return Ok(None) };
        let mut words = auth.split_whitespace();
        let kind = words.next().unwrap_or_default().to_lowercase();
        let credential = words.next_back().map(str::to_owned).or_else(|| self.take("credential"));
        let Some(credential) = credential else {
            return Err(format!("`auth {kind}` needs the name of an account: auth token NAME, or auth hmac NAME"));
        };
        match kind.as_str() {
            "token" | "bearer" => Ok(Some(WebhookAuth::Token { credential })),
            "hmac" => Ok(Some(WebhookAuth::Hmac { credential, header: self.take("header") })),
            other => Err(format!("`auth {other}` is none of `auth token NAME` and `auth hmac NAME`")),
        }
    }
}

/// Words and quoted texts; brackets, commas, colons and equals signs between them say nothing.
pub fn tokens(text: &str) -> Vec<String> {
    let scanned = scan(text);
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        let inside = scanned.marks[at] == Mark::Text || letter == '`';
        if inside != quoted {
            if !word.is_empty() {
                tokens.push(std::mem::take(&mut word));
            }
            quoted = inside;
        }
        let breaks = !inside && (letter.is_whitespace() || matches!(letter, ',' | '(' | ')' | '=' | '{' | '}' | ';'));
        if breaks {
            if !word.is_empty() {
                tokens.push(std::mem::take(&mut word));
            }
        } else {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    // `cron:` is a word with a colon; `09:00` and `https://…` are not.
    let tokens = tokens.into_iter().map(|token| match token.strip_suffix(':') {
        Some(key) if KEYS.contains(&key.to_lowercase().as_str()) || super::lines::first_word(key) == key => key.to_owned(),
        _ if token.starts_with(['"', '\'', '`']) => unquote(&token),
        _ => token,
    });
    tokens.filter(|token| !token.is_empty() && token != ":").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> serde_json::Value {
        serde_json::to_value(trigger_of(text).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_trigger_is_read() {
        use serde_json::json;
        for (text, wanted) in [
            (
                "schedule cron \"0 9 * * 1-5\" tz Europe/Berlin",
                json!({ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" }),
            ),
            (
                "schedule cron 0 9 * * 1-5 tz Europe/Berlin",
                json!({ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" }),
            ),
            ("schedule(cron: '0 9 * * *', timezone: \"UTC\")", json!({ "type": "schedule", "cron": "0 9 * * *", "timezone": "UTC" })),
            ("schedule every 15 minutes overlap skip", json!({ "type": "schedule", "every": "15m", "overlap": "skip" })),
            ("every 1h", json!({ "type": "schedule", "every": "1h" })),
            ("schedule at \"2026-12-01T09:00\"", json!({ "type": "schedule", "at": "2026-12-01T09:00" })),
            (
                "webhook path \"orders\" method post auth token shop",
                json!({ "type": "webhook", "path": "orders", "method": "POST", "auth": { "type": "token", "credential": "shop" } }),
            ),
            (
                "webhook path orders auth hmac github header X-Hub-Signature-256",
                json!({ "type": "webhook", "path": "orders", "auth": { "type": "hmac", "credential": "github", "header": "X-Hub-Signature-256" } }),
            ),
            ("feed url \"https://a.example/f.xml\" every 5m", json!({ "type": "feed", "url": "https://a.example/f.xml", "every": "5m" })),
            ("file path \"inbox\" pattern \"*.csv\"", json!({ "type": "file", "path": "inbox", "pattern": "*.csv" })),
            ("event workflow nightly on failed", json!({ "type": "event", "workflow": "nightly", "on": "failed" })),
            ("message channel \"#ops\" pattern \"deploy\"", json!({ "type": "message", "channel": "#ops", "pattern": "deploy" })),
            ("manual", json!(null)),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_wrong_trigger_names_the_right_form() {
        for (text, wanted) in [
            ("calendar daily", "no trigger \"calendar\""),
            ("schedule", "exactly one of"),
            ("schedule every 1h cron \"* * * * *\"", "exactly one of"),
            ("webhook", "path"),
            ("schedule every sometimes", "no length of time"),
            ("event workflow x on monday", "on failed"),
        ] {
            let why = trigger_of(text).unwrap_err();
            assert!(why.contains(wanted), "{text}: {why}");
        }
    }
}
