//! `s3.put_object`: write an object.

use super::SERVICE;
use super::object::Object;
use crate::file::already;
use crate::format::{self, Format};
use crate::limits::MAX_BYTES;
use async_trait::async_trait;
use bytes::Bytes;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `s3.put_object`.
pub struct PutObject;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The bucket.
    #[schemars(extend("x-role" = role::BUCKET))]
    bucket: String,
    /// The object's key, such as `daily/orders.csv`. An object that is there is replaced.
    #[schemars(extend("x-role" = role::KEY))]
    key: String,
    /// What to write: text, or a value that is written in the object's format.
    #[schemars(extend("x-role" = role::VALUE))]
    content: Value,
    /// The format; the key's extension says if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::FORMAT))]
    format: Option<Format>,
    /// What the store calls the content, such as `text/html`; the format says if left out.
    #[serde(default)]
    content_type: Option<String>,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The bucket.
    bucket: String,
    /// The key.
    key: String,
    /// The object's size in bytes.
    bytes: usize,
    /// The mark of this version of its content.
    etag: Option<String>,
}

#[async_trait]
impl Action for PutObject {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        let summary = "Writes an object of an S3 bucket: CSV, JSON, YAML, XML or text.";
        SpecBuilder::new("s3.put_object", "Write an S3 object", summary, Effect::Write)
            .utterances(&[
                "save it to s3://reports/daily/orders.csv",
                "upload the result to the S3 bucket reports",
                "put the object summary.json into S3",
                "store the rows in our bucket as CSV",
                "copy the report to MinIO",
            ])
            .keywords(&["s3", "bucket", "object", "aws", "minio", "storage", "upload"])
            .destination_within("bucket", "key", DestinationKind::Resource)
            .service(SERVICE)
            .credential(SERVICE)
            .idempotent(true)
            .example(json!({
                "bucket": "reports",
                "key": "daily/orders.csv",
                "bytes": 128,
                "etag": "9bb58f26192e4ba00f01e2e7b136bbd8",
            }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let object = Object::new(&params.bucket, &params.key, cx)?;
        let format = params.format.unwrap_or_else(|| Format::of_path(&params.key));
        let text = match already(format, &params.content) {
            Some((text, _)) => text.to_owned(),
            None => format::render(format, &params.content).map_err(|why| why.for_writing(&object.name()))?,
        };
        let bytes = text.len();
        if bytes > MAX_BYTES {
            let message = format!("{}: {bytes} bytes are more than the {MAX_BYTES} that an object may have here", object.name());
            return Err(StepError::new("output_too_large", message).help("write several objects"));
        }
        let media = params.content_type.as_deref().unwrap_or_else(|| media_type(format));
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        let answer = object.send("PUT", headers, Some(Bytes::from(text)), cx).await?;
        let etag = answer.header("etag").map(|etag| etag.trim_matches('"').to_owned());
        Ok(Output { bucket: params.bucket, key: params.key, bytes, etag }.into())
    }
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Jsonl => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Tsv => "text/tab-separated-values; charset=utf-8",
        Format::Yaml => "application/yaml",
        Format::Xml => "application/xml",
        Format::Text => "text/plain; charset=utf-8",
    }
}
