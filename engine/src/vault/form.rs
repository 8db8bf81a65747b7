//! From what a person filled in to an account: names, fields, choices and hosts are checked against the type.

use super::record::Account;
use super::{CredentialField, CredentialType, HostRule, Secret, VaultError};
use crate::action::Catalogue;
use indexmap::IndexMap;
use sayflow_protocol::api::SetCredential;
use url::{Host, Url};

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 64;
/// The longest value of a field, in bytes.
const MAX_VALUE_BYTES: usize = 64 * 1024;
/// How alike two words must be for one to be suggested for the other.
const ALIKE: f64 = 0.7;

/// Checks a form.
///
/// # Errors
/// At the first thing that is wrong, without the value of any secret.
pub(super) fn check(name: &str, form: SetCredential, catalogue: &Catalogue) -> Result<Account, VaultError> {
    check_name(name)?;
    let kind = find_type(name, form.kind.as_deref(), catalogue)?;
    let mut given = form.fields;
    let mut hosts = form.hosts;
    if kind.hosts == HostRule::Named {
        let listed = ["hosts", "host"].iter().filter_map(|field| given.shift_remove(*field)).collect::<Vec<_>>();
        hosts.extend(listed.iter().flat_map(|list| list.split([',', ' '])).filter(|host| !host.is_empty()).map(str::to_owned));
    }
    refuse_unknown(kind, &given)?;
    let mut fields = IndexMap::new();
    let mut secrets = IndexMap::new();
    let mut address = None;
    for field in &kind.fields {
        match value(name, kind, field, given.shift_remove(&field.name))? {
            None => {}
            Some(text) if field.secret => {
                if kind.hosts == HostRule::SecretUrlField(field.name.clone()) {
                    address = Some(secret_address(&field.name, &text)?);
                }
                secrets.insert(field.name.clone(), Secret::new(text));
            }
            Some(text) => {
                fields.insert(field.name.clone(), text);
            }
        }
    }
    let hosts = match address {
        Some(place) if hosts.is_empty() => vec![place],
        _ => bind(name, kind, &mut fields, &hosts)?,
    };
    Ok(Account { name: name.to_owned(), kind: kind.id.clone(), fields, secrets, hosts })
}

fn check_name(name: &str) -> Result<(), VaultError> {
    let fits = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && name.len() <= MAX_NAME_CHARS;
    if fits {
        return Ok(());
    }
    Err(VaultError::invalid(format!("\"{}\" cannot be the name of an account", name.escape_debug()))
        .help(format!("use letters, digits, \"-\", \"_\" and \".\", at most {MAX_NAME_CHARS}, beginning with a letter or digit")))
}

fn find_type<'a>(name: &str, kind: Option<&str>, catalogue: &'a Catalogue) -> Result<&'a CredentialType, VaultError> {
    let id = kind.unwrap_or(name);
    if let Some(found) = catalogue.credential_type(id) {
        return Ok(found);
    }
    let ids: Vec<&str> = catalogue.credential_types().map(|kind| kind.id.as_str()).collect();
    let message = match kind {
        Some(id) => format!("there is no credential type \"{}\"", id.escape_debug()),
        None => format!("\"{name}\" is no credential type, so the type must be given"),
    };
    Err(VaultError::invalid(message).help(match suggestion(id, &ids) {
        Some(like) => format!("did you mean --type {like}? The types are {}", ids.join(", ")),
        None => format!("give --type with one of {}", ids.join(", ")),
    }))
}

fn suggestion<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|&candidate| (strsim::jaro_winkler(&word.to_lowercase(), candidate), candidate));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

fn refuse_unknown(kind: &CredentialType, given: &IndexMap<String, String>) -> Result<(), VaultError> {
    let known: Vec<&str> = kind.fields.iter().map(|field| field.name.as_str()).collect();
    let Some(unknown) = given.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let error = VaultError::invalid(format!("an account of type {} has no field \"{}\"", kind.id, unknown.escape_debug()));
    Err(error.help(match suggestion(unknown, &known) {
        Some(like) => format!("did you mean {like}? The fields are {}", known.join(", ")),
        None => format!("the fields are {}", known.join(", ")),
    }))
}

/// The value of a field: what was given, else its default. Line ends around it, as from a file or a pipe, are cut off.
fn value(name: &str, kind: &CredentialType, field: &CredentialField, given: Option<String>) -> Result<Option<String>, VaultError> {
    let given = given.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let Some(text) = given.or_else(|| field.default.clone()) else {
        if !field.required {
            return Ok(None);
        }
        let required: Vec<&str> = kind.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        return Err(VaultError::invalid(format!("an account of type {} needs the field {}", kind.id, field.name)).help(format!(
            "{} Set it: sayflow credentials set {name} --type {} {}",
            field.help,
            kind.id,
            required.iter().map(|field| format!("--field {field}=…")).collect::<Vec<_>>().join(" ")
        )));
    };
    if text.len() > MAX_VALUE_BYTES || text.chars().any(char::is_control) {
        return Err(VaultError::invalid(format!(
            "the field {} of \"{name}\" has a line break or control character in it, or is too long",
            field.name
        ))
        .help("give one line of text"));
    }
    if !field.choices.is_empty() && !field.choices.contains(&text) {
        let shown = if field.secret { String::new() } else { format!(", not \"{text}\"") };
        return Err(VaultError::invalid(format!("the field {} must be one of {}{shown}", field.name, field.choices.join(", "))));
    }
    Ok(Some(text))
}

/// The hosts that the account may be sent to.
fn bind(name: &str, kind: &CredentialType, fields: &mut IndexMap<String, String>, named: &[String]) -> Result<Vec<String>, VaultError> {
    if kind.hosts != HostRule::Named && !named.is_empty() {
        let why = if kind.hosts == HostRule::Nowhere { "is sent nowhere" } else { "is bound to the host in its fields" };
        return Err(VaultError::invalid(format!("an account of type {} {why}; no others can be named", kind.id)));
    }
    match &kind.hosts {
        HostRule::UrlField(field) => {
            let text = fields.get(field).map(String::as_str).unwrap_or_default();
            let url = base_url(field, text)?;
            let place = host_and_port(&url).ok_or_else(|| bad_url(field, text))?;
            fields.insert(field.clone(), url.as_str().trim_end_matches('/').to_owned());
            Ok(vec![place])
        }
        HostRule::HostPortFields { host, port } => {
            let text = fields.get(host).map(String::as_str).unwrap_or_default();
            let parsed = Host::parse(text).map_err(|_| bad_host(text))?;
            let number = fields.get(port).map(String::as_str).unwrap_or_default();
            let number: u16 = number
                .parse()
                .ok()
                .filter(|number| *number != 0)
                .ok_or_else(|| VaultError::invalid(format!("the field {port} must be a port from 1 to 65535, not \"{number}\"")))?;
            Ok(vec![format!("{parsed}:{number}")])
        }
        HostRule::Named if named.is_empty() => {
            Err(VaultError::invalid(format!("an account of type {} must say which hosts it may be sent to", kind.id))
                .help(format!("name them: sayflow credentials set {name} --type {} --host api.example.com --field …", kind.id)))
        }
        // The type does not require the field, and it was left out.
        HostRule::Nowhere | HostRule::SecretUrlField(_) => Ok(Vec::new()),
        HostRule::Named => named.iter().map(|host| named_host(host)).collect(),
    }
}

/// The host and port of an address that is itself the secret: no error repeats any of it.
fn secret_address(field: &str, text: &str) -> Result<String, VaultError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    url.as_ref().and_then(host_and_port).ok_or_else(|| {
        VaultError::invalid(format!("the field {field} must be an http or https address without a password"))
            .help("copy the whole address that the service shows, beginning with https://")
    })
}

fn base_url(field: &str, text: &str) -> Result<Url, VaultError> {
    let url = Url::parse(text).map_err(|_| bad_url(field, text))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if matches!(url.scheme(), "http" | "https") && plain { Ok(url) } else { Err(bad_url(field, text)) }
}

/// The text itself is only shown as far as it cannot hold a password.
fn bad_url(field: &str, text: &str) -> VaultError {
    let shown = if text.contains('@') { String::new() } else { format!(", not \"{text}\"") };
    VaultError::invalid(format!("the field {field} must be an http or https address without a password, query or fragment{shown}"))
        .help("write it like https://api.example.com/v1")
}

fn bad_host(text: &str) -> VaultError {
    VaultError::invalid(format!("\"{}\" is no host", text.escape_debug())).help("write it like api.example.com or api.example.com:8443")
}

fn host_and_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?.to_ascii_lowercase(), url.port_or_known_default()?))
}

/// `host` or `host:port`; a whole URL is taken as its host and port.
fn named_host(text: &str) -> Result<String, VaultError> {
    let text = text.trim();
    if text.starts_with("http://") || text.starts_with("https://") {
        return base_url("hosts", text).and_then(|url| host_and_port(&url).ok_or_else(|| bad_host(text)));
    }
    // The URL parser knows what a host is; it drops the port 443, so that is read from the text.
    let url = Url::parse(&format!("https://{text}")).map_err(|_| bad_host(text))?;
    let host = url.host_str().ok_or_else(|| bad_host(text))?;
    let port = text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).filter(|_| !text.ends_with(']'));
    let whole = match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    if whole == text.to_ascii_lowercase() { Ok(whole) } else { Err(bad_host(text)) }
}
