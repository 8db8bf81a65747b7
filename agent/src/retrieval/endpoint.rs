//! Dense vectors from any server that speaks `/v1/embeddings`.

use super::embedder::{EmbedError, Embedder, check};
use super::sparse::EmbedKind;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::{ApiError, ApiErrorResponse, OpenAIError};
use async_openai::middleware::HttpRequestFactory;
use async_trait::async_trait;
use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use url::Url;

/// Texts in one request: few enough for every server.
const BATCH: usize = 64;
/// What is sent of a text, in bytes: small models read about 512 tokens.
const LONGEST_TEXT: usize = 8 * 1024;
/// How long a person waits for the vector of a request.
const QUERY_TIME: Duration = Duration::from_secs(5);
/// How long a batch of documents may take.
const BATCH_TIME: Duration = Duration::from_secs(60);
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The largest answer, in bytes: a batch of the widest vectors.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Which server and which model.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key, where the server asks for one.
    pub api_key: Option<String>,
    /// The model's name there.
    pub model: String,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({} at {})", self.model, place_of(&self.base_url))
    }
}

/// Asks an endpoint.
pub struct EndpointEmbedder {
    client: Client<OpenAIConfig>,
    place: String,
    model: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
}

/// As little of an answer as is needed: servers leave out the rest.
#[derive(Deserialize)]
struct Answer {
    data: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl EndpointEmbedder {
    /// For an endpoint. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address is none or the key cannot be sent.
    pub fn new(endpoint: Endpoint) -> Result<Self, EmbedError> {
        let place = place_of(&endpoint.base_url);
        let refuse = |why: &str, help| EmbedError { place: place.clone(), why: why.to_owned(), help };
        let known = Url::parse(&endpoint.base_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !known {
            return Err(refuse(
                "the address is no URL of a server",
                "set retrieval.embeddings.base_url, such as http://localhost:11434/v1",
            ));
        }
        let key = endpoint.api_key.unwrap_or_default();
        if HeaderValue::from_str(&key).is_err() {
            return Err(refuse("the key holds characters that no key has", "set retrieval.embeddings.api_key again, without line breaks"));
        }
        // The defaults come from environment variables of another program; none may leak to this server.
        let base = endpoint.base_url.trim_end_matches('/');
        let config = OpenAIConfig::new().with_api_base(base).with_api_key(key).with_org_id("").with_project_id("");
        #[expect(clippy::disallowed_methods, reason = "the server is one that the person configured, not one of a step")]
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIME).timeout(BATCH_TIME).redirect(reqwest::redirect::Policy::none());
        // A proxy cannot reach what is on this machine.
        let http = if is_local(&endpoint.base_url) { http.no_proxy() } else { http };
        let http = http.build().map_err(|_| refuse("TLS cannot be set up", "check the certificates of this machine"))?;
        let client = Client::build(http.clone(), config);
        let client = client.with_http_service(tower::service_fn(move |request| exchange(http.clone(), request)));
        let fingerprint = format!("endpoint {} {}", without_userinfo(base), endpoint.model);
        Ok(Self { client, place, model: endpoint.model, fingerprint })
    }

    async fn ask(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let input: Vec<&str> = texts.iter().map(|text| shortened(text)).collect();
        let request = Request { model: &self.model, input: &input, encoding_format: "float" };
        let answer: Answer = self.client.embeddings().create_byot(request).await.map_err(|why| self.explain(why))?;
        let vectors = in_order(answer.data, texts.len()).map_err(|why| self.unusable(why))?;
        check(&vectors, texts.len(), None).map_err(|why| self.unusable(why))?;
        Ok(vectors)
    }

    fn unusable(&self, why: String) -> EmbedError {
        EmbedError { place: self.place.clone(), why, help: "check retrieval.embeddings.model; it must be a model for embeddings" }
    }

    fn explain(&self, why: OpenAIError) -> EmbedError {
        let (why, help) = match why {
            OpenAIError::Reqwest(why) if why.is_timeout() => {
                ("no answer in time".to_owned(), "check that the server runs and is not overloaded")
            }
            OpenAIError::Reqwest(why) if why.is_connect() => {
                ("it cannot be reached".to_owned(), "check retrieval.embeddings.base_url and that the server runs")
            }
            OpenAIError::Reqwest(why) => (format!("the answer broke off ({})", why.without_url()), "check that the server runs"),
            OpenAIError::ApiError(answer) => match answer.status_code.as_u16() {
                401 | 403 => ("the key is refused".to_owned(), "set retrieval.embeddings.api_key"),
                404 => (format!("it does not know the model \"{}\"", self.model), "check retrieval.embeddings.model and base_url"),
                429 => ("too many requests".to_owned(), "it is asked again later"),
                status => (format!("it answers with status {status}"), "check the server's log"),
            },
            OpenAIError::InvalidArgument(why) => (why, "check retrieval.embeddings.base_url"),
            OpenAIError::JSONDeserialize(..) => ("the answer holds no embeddings".to_owned(), "check retrieval.embeddings.base_url"),
            _ => ("the request failed".to_owned(), "check retrieval.embeddings"),
        };
        EmbedError { place: self.place.clone(), why, help }
    }
}

#[async_trait]
impl Embedder for EndpointEmbedder {
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    async fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let limit = match kind {
            EmbedKind::Query => QUERY_TIME,
            EmbedKind::Document => BATCH_TIME,
        };
        let late = || EmbedError {
            place: self.place.clone(),
            why: format!("no answer within {} seconds", limit.as_secs()),
            help: "check that the server runs and is not overloaded",
        };
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            // The limit holds for the client's own repetitions too.
            vectors.extend(tokio::time::timeout(limit, self.ask(batch)).await.map_err(|_| late())??);
        }
        check(&vectors, texts.len(), None).map_err(|why| self.unusable(why))?;
        Ok(vectors)
    }
}

/// Sends a request once. The client's own way repeats refusals, drops the status of an answer that is no JSON, and reads
/// without end.
async fn exchange(http: reqwest::Client, request: HttpRequestFactory) -> Result<reqwest::Response, OpenAIError> {
    let mut response = http.execute(request.build().await?).await?;
    let status_code = response.status();
    if !status_code.is_success() {
        return Err(OpenAIError::ApiError(ApiErrorResponse { status_code, api_error: ApiError::default() }));
    }
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > LARGEST_ANSWER {
            return Err(OpenAIError::InvalidArgument("the answer is too large".to_owned()));
        }
    }
    Ok(http::Response::new(reqwest::Body::from(body)).into())
}

fn is_local(base_url: &str) -> bool {
    match Url::parse(base_url).ok().as_ref().and_then(Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The vectors in the order of the texts: servers may answer in another, or not number them at all.
fn in_order(data: Vec<One>, texts: usize) -> Result<Vec<Vec<f32>>, String> {
    if data.iter().all(|one| one.index.is_none()) {
        return Ok(data.into_iter().map(|one| one.embedding).collect());
    }
    let mut places: Vec<Option<Vec<f32>>> = vec![None; texts];
    for one in data {
        let place = one.index.and_then(|index| places.get_mut(index)).filter(|place| place.is_none());
        *place.ok_or("the vectors are not numbered as the texts are")? = Some(one.embedding);
    }
    places.into_iter().collect::<Option<_>>().ok_or_else(|| "a text has no vector".to_owned())
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

/// The host of an address, for messages.
fn place_of(base_url: &str) -> String {
    let url = Url::parse(base_url).ok();
    let host = url.as_ref().and_then(Url::host_str).map(str::to_owned);
    match (host, url.and_then(|url| url.port())) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host,
        (None, _) => "the configured endpoint".to_owned(),
    }
}

fn without_userinfo(base_url: &str) -> String {
    let Ok(mut url) = Url::parse(base_url) else { return String::new() };
    // Both fail for addresses that cannot have a user, which have none then.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(index: Option<usize>, number: f32) -> One {
        One { index, embedding: vec![number] }
    }

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        assert_eq!(in_order(vec![one(Some(1), 1.0), one(Some(0), 0.0)], 2), Ok(vec![vec![0.0], vec![1.0]]));
        assert_eq!(in_order(vec![one(None, 0.0), one(None, 1.0)], 2), Ok(vec![vec![0.0], vec![1.0]]));
        assert!(in_order(vec![one(Some(0), 0.0), one(Some(0), 1.0)], 2).is_err());
        assert!(in_order(vec![one(Some(0), 0.0), one(Some(2), 1.0)], 2).is_err());
        assert!(in_order(vec![one(Some(0), 0.0), one(None, 1.0)], 2).is_err());
    }

    #[test]
    fn no_secret_shows_and_a_broken_address_or_key_is_refused() {
        let endpoint = |base_url: &str, key: &str| Endpoint { base_url: base_url.into(), api_key: Some(key.into()), model: "m".into() };
        let whole = endpoint("https://ann:pa55@models.example/v1?token=s3cret", "s3cret");
        assert_eq!(format!("{whole:?}"), "Endpoint(m at models.example)");
        let embedder = EndpointEmbedder::new(whole).unwrap();
        assert_eq!(embedder.fingerprint(), "endpoint https://models.example/v1 m");
        for broken in
            [endpoint("models.example", "k"), endpoint("ftp://models.example", "k"), endpoint("https://models.example", "s3cr\net")]
        {
            let why = EndpointEmbedder::new(broken).err().unwrap().to_string();
            assert!(!why.contains("s3cr"), "{why}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "ä".repeat(LONGEST_TEXT);
        assert_eq!(shortened(&long).len(), LONGEST_TEXT);
        assert_eq!(shortened("short"), "short");
    }
}
