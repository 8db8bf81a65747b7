//! `s3.get_object`: what an object holds.

use super::SERVICE;
use super::object::Object;
use crate::format::{self, Format};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `s3.get_object`.
pub struct GetObject;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The bucket.
    #[schemars(extend("x-role" = role::BUCKET))]
    bucket: String,
    /// The object's key, such as `daily/orders.csv`.
    #[schemars(extend("x-role" = role::KEY))]
    key: String,
    /// What is in it; the key's extension says if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::FORMAT))]
    format: Option<Format>,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The value of a JSON, YAML or XML object; the list of objects of a CSV, TSV or JSON lines one; else the text.
    content: Value,
    /// Its size in bytes.
    bytes: usize,
    /// What the store calls its content, such as `text/csv`.
    content_type: Option<String>,
    /// The mark of this version of its content.
    etag: Option<String>,
    /// When it was last written, as the store says it.
    modified: Option<String>,
}

#[async_trait]
impl Action for GetObject {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        let summary = "Reads an object of an S3 bucket: CSV, JSON, YAML, XML or text.";
        SpecBuilder::new("s3.get_object", "Read an S3 object", summary, Effect::Read)
            .utterances(&[
                "read s3://reports/daily/orders.csv",
                "get orders.csv from the S3 bucket reports",
                "download the object settings.json from S3",
                "load the JSON from our bucket",
                "fetch the export from MinIO",
            ])
            .keywords(&["s3", "bucket", "object", "aws", "minio", "storage", "download"])
            .destination_within("bucket", "key", DestinationKind::Resource)
            .service(SERVICE)
            .credential(SERVICE)
            .example(json!({
                "content": [{ "name": "Ann", "total": 120 }],
                "bytes": 128,
                "content_type": "text/csv",
                "etag": "9bb58f26192e4ba00f01e2e7b136bbd8",
                "modified": "Fri, 01 May 2026 09:00:00 GMT",
            }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let object = Object::new(&params.bucket, &params.key, cx)?;
        let answer = object.send("GET", Vec::new(), None, cx).await?;
        let format = params.format.unwrap_or_else(|| Format::of_path(&params.key));
        let content = format::parse(format, &answer.body).map_err(|why| why.in_place(&object.name()))?;
        let header = |name: &str| answer.header(name).map(str::to_owned);
        Ok(Output {
            content,
            bytes: answer.body.len(),
            content_type: header("content-type"),
            etag: header("etag").map(|etag| etag.trim_matches('"').to_owned()),
            modified: header("last-modified"),
        }
        .into())
    }
}
