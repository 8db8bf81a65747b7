//! Reads a manifest and refuses one that could not work, naming the place.

use super::manifest::{AuthKind, IdempotencySection, Manifest, OperationSection};
use sayflow_protocol::Effect;
use serde_json::{Map, Value};

/// A manifest that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("connector {file}: {place}: {problem}")]
pub struct ManifestError {
    /// The file's name without its ending.
    pub file: String,
    /// Where in it, such as `operations.slack.send_message.body`.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

/// Reads and checks a manifest; `file` is its name without the ending.
///
/// # Errors
/// At the first thing that could not work.
pub fn parse(file: &str, text: &str) -> Result<Manifest, ManifestError> {
    let manifest: Manifest = serde_saphyr::from_str(text).map_err(|why| ManifestError {
        file: file.to_owned(),
        place: "document".to_owned(),
        problem: why.to_string(),
    })?;
    let check = Check { file, manifest: &manifest };
    check.service()?;
    for operation in &manifest.operations {
        check.operation(operation)?;
    }
    Ok(manifest)
}

struct Check<'a> {
    file: &'a str,
    manifest: &'a Manifest,
}

impl Check<'_> {
    fn refuse(&self, place: &str, problem: impl Into<String>) -> ManifestError {
        ManifestError { file: self.file.to_owned(), place: place.to_owned(), problem: problem.into() }
    }

    fn service(&self) -> Result<(), ManifestError> {
        let Manifest { service, credential, base_url_field, auth, operations, .. } = self.manifest;
        if service != self.file {
            return Err(self.refuse("service", format!("is \"{service}\"; it must be the file's name, \"{}\"", self.file)));
        }
        let is_base_url = |name: &String| credential.fields.iter().find(|field| field.name == *name);
        match base_url_field.as_ref().map(|name| (name, is_base_url(name))) {
            None if auth.kind == AuthKind::Url => {}
            None => return Err(self.refuse("base_url_field", "is missing")),
            Some(_) if auth.kind == AuthKind::Url => {
                return Err(self.refuse("base_url_field", "with auth of kind url there is none: the secret is the address"));
            }
            Some((base_url_field, None)) => {
                return Err(self.refuse("base_url_field", format!("the credential has no field \"{base_url_field}\"")));
            }
            Some((_, Some(field))) if field.secret => return Err(self.refuse("base_url_field", "a base URL cannot be a secret")),
            Some((_, Some(field))) if field.default.is_none() && !field.required => {
                return Err(self.refuse("base_url_field", "the field needs a default, or must be required"));
            }
            Some(_) => {}
        }
        if let Some(name) = self.manifest.headers.keys().find(|name| !is_header_name(name)) {
            return Err(self.refuse("headers", format!("\"{name}\" is no name of a header")));
        }
        if !credential.fields.iter().any(|field| field.name == auth.field && field.secret && field.required) {
            return Err(self.refuse("auth.field", format!("the credential has no required secret field \"{}\"", auth.field)));
        }
        for field in &credential.fields {
            if field.secret && field.default.is_some() {
                return Err(self.refuse(&format!("credential.fields.{}", field.name), "a secret cannot have a default"));
            }
        }
        if operations.is_empty() {
            return Err(self.refuse("operations", "there are none"));
        }
        Ok(())
    }

    fn operation(&self, operation: &OperationSection) -> Result<(), ManifestError> {
        let at = |key: &str| format!("operations.{}.{key}", operation.id);
        let service = &self.manifest.service;
        if operation.id.strip_prefix(service.as_str()).and_then(|rest| rest.strip_prefix('.')).is_none_or(str::is_empty) {
            return Err(self.refuse(&at("id"), format!("must begin with \"{service}.\"")));
        }
        if !matches!(operation.method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
            return Err(self.refuse(&at("method"), format!("\"{}\" is none of GET, POST, PUT, PATCH, DELETE", operation.method)));
        }
        if operation.method == "GET" && !operation.body.is_empty() {
            return Err(self.refuse(&at("body"), "a GET request has none"));
        }
        if !(5..=8).contains(&operation.utterances.len()) {
            return Err(self.refuse(&at("utterances"), format!("there are {}; give 5 to 8", operation.utterances.len())));
        }
        self.path(operation)?;
        let properties = self.properties(operation)?;
        let destinations = operation.destinations.iter().filter_map(|destination| destination.param.as_ref());
        let named = [
            ("destinations", destinations.collect::<Vec<_>>()),
            ("texts", operation.texts.keys().collect()),
            ("path_params", operation.path_params.keys().collect()),
            ("pages.limit", operation.pages.iter().map(|pages| &pages.limit).collect()),
            ("query", operation.query.iter().collect()),
            ("body", operation.body.iter().collect()),
        ];
        for (key, params) in &named {
            if let Some(param) = params.iter().find(|param| !properties.contains_key(param.as_str())) {
                return Err(self.refuse(&at(key), format!("there is no parameter \"{param}\"")));
            }
        }
        let sent = |name: &String| {
            operation.body.contains(name)
                || operation.query.contains(name)
                || operation.path_params.contains_key(name)
                || operation.pages.as_ref().is_some_and(|pages| pages.limit == *name)
        };
        if let Some(unused) = properties.keys().find(|name| !sent(name)) {
            return Err(self.refuse(&at("params"), format!("\"{unused}\" goes neither into the path, the query nor the body")));
        }
        if operation.body_form.is_some() && operation.body.is_empty() {
            return Err(self.refuse(&at("body_form"), "is made of the parameters in `body`, and there are none"));
        }
        if operation.effect == Effect::Write && operation.destinations.is_empty() {
            return Err(self.refuse(&at("destinations"), "a write must say where it goes"));
        }
        self.idempotency(operation, properties)?;
        self.pages(operation)?;
        self.output(operation)
    }

    fn idempotency(&self, operation: &OperationSection, properties: &Map<String, Value>) -> Result<(), ManifestError> {
        let Some(section) = &operation.idempotency else { return Ok(()) };
        let place = format!("operations.{}.idempotency", operation.id);
        if operation.effect != Effect::Write {
            return Err(self.refuse(&place, "only a write needs one"));
        }
        match section {
            IdempotencySection::Header(name) if !is_header_name(name) => {
                Err(self.refuse(&place, format!("\"{name}\" is no name of a header")))
            }
            IdempotencySection::Field(_) if operation.method == "GET" => {
                Err(self.refuse(&place, "a GET request has no body for the field"))
            }
            IdempotencySection::Field(name) if properties.contains_key(name) => {
                Err(self.refuse(&place, format!("\"{name}\" is a parameter, too; the key is put in by Sayflow")))
            }
            _ => Ok(()),
        }
    }

    fn pages(&self, operation: &OperationSection) -> Result<(), ManifestError> {
        let Some(pages) = &operation.pages else { return Ok(()) };
        let place = format!("operations.{}.pages", operation.id);
        let limit = &operation.params["properties"][&pages.limit];
        if !limit["default"].is_u64() || !limit["maximum"].is_u64() {
            return Err(self.refuse(&place, format!("the parameter \"{}\" needs a default and a maximum", pages.limit)));
        }
        match [&pages.items, &pages.count].into_iter().find(|name| !operation.output.map.contains_key(*name)) {
            Some(name) => Err(self.refuse(&place, format!("\"{name}\" is not in the output"))),
            None => Ok(()),
        }
    }

    fn path(&self, operation: &OperationSection) -> Result<(), ManifestError> {
        let place = format!("operations.{}.path", operation.id);
        if self.manifest.auth.kind == AuthKind::Url {
            let empty = operation.path.is_empty() && operation.path_params.is_empty();
            return if empty { Ok(()) } else { Err(self.refuse(&place, "the secret is the whole address; leave the path out")) };
        }
        if !operation.path.starts_with('/') {
            return Err(self.refuse(&place, "must begin with \"/\""));
        }
        let mut fixed = operation.path.clone();
        for (name, section) in &operation.path_params {
            let hole = format!("{{{name}}}");
            if fixed.matches(&hole).count() != 1 || section.segments == 0 {
                return Err(self.refuse(&place, format!("must hold {hole} once, with at least one segment")));
            }
            if !operation.params["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name)) {
                return Err(self.refuse(&place, format!("\"{name}\" stands in the path, so it must be required")));
            }
            fixed = fixed.replace(&hole, "");
        }
        let tokens = operation.path.matches("{token}").count();
        let wanted = usize::from(self.manifest.auth.kind == AuthKind::InUrl);
        if tokens != wanted {
            return Err(self.refuse(&place, format!("holds {{token}} {tokens} times; with this kind of auth it must be {wanted}")));
        }
        if fixed.replace("{token}", "").contains(['{', '}', '?', '#', ' ']) {
            return Err(self.refuse(&place, "may hold no placeholder but {token} and those of path_params, and no query"));
        }
        Ok(())
    }

    fn properties<'m>(&self, operation: &'m OperationSection) -> Result<&'m Map<String, Value>, ManifestError> {
        let at = |key: &str| format!("operations.{}.params{key}", operation.id);
        if operation.params.get("type").and_then(Value::as_str) != Some("object") {
            return Err(self.refuse(&at(".type"), "must be \"object\""));
        }
        if operation.params.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(self.refuse(&at(".additionalProperties"), "must be false, so that a misspelt parameter is found"));
        }
        let properties = operation
            .params
            .get("properties")
            .and_then(Value::as_object)
            .ok_or_else(|| self.refuse(&at(".properties"), "must be an object"))?;
        let required = operation.params.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for name in required {
            if !name.as_str().is_some_and(|name| properties.contains_key(name)) {
                return Err(self.refuse(&at(".required"), format!("there is no parameter {name}")));
            }
        }
        Ok(properties)
    }

    fn output(&self, operation: &OperationSection) -> Result<(), ManifestError> {
        let at = |key: &str| format!("operations.{}.{key}", operation.id);
        let properties = operation
            .output
            .schema
            .get("properties")
            .and_then(Value::as_object)
            .ok_or_else(|| self.refuse(&at("output.schema"), "must describe an object with properties"))?;
        if let Some(name) = operation.output.map.keys().find(|name| !properties.contains_key(name.as_str())) {
            return Err(self.refuse(&at("output.map"), format!("\"{name}\" is not in the schema")));
        }
        if let Some(name) = properties.keys().find(|name| !operation.output.map.contains_key(name.as_str())) {
            return Err(self.refuse(&at("output.map"), format!("\"{name}\" of the schema is missing")));
        }
        let example = operation.example.as_object().ok_or_else(|| self.refuse(&at("example"), "must be an object"))?;
        if let Some(name) = properties.keys().find(|name| !example.contains_key(name.as_str())) {
            return Err(self.refuse(&at("example"), format!("\"{name}\" is missing")));
        }
        Ok(())
    }
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
