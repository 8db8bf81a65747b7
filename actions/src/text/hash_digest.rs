//! `hash.digest`: a text's hash.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

/// `hash.digest`.
pub struct Digest;

/// A hash function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
    /// SHA-1; only to compare with what others made, never to protect.
    Sha1,
    /// MD5; only to compare with what others made, never to protect.
    Md5,
}

/// How the bytes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Lower-case hexadecimal digits.
    #[default]
    Hex,
    /// Base64 with padding.
    Base64,
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text, taken as UTF-8.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
    /// The hash function: `sha256`, `sha512`, `sha1` or `md5`.
    #[serde(default)]
    #[schemars(extend("x-role" = role::ALGORITHM))]
    algorithm: Algorithm,
    /// How the hash is written: `hex` or `base64`.
    #[serde(default)]
    encoding: Encoding,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The hash.
    digest: String,
}

#[async_trait]
impl Action for Digest {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("hash.digest", "Hash text", "Computes the hash of a text.", Effect::None)
            .utterances(&[
                "compute the sha256 of the text",
                "md5 checksum of the body",
                "hash the email address",
                "fingerprint of the content",
            ])
            .keywords(&["hash", "sha256", "sha512", "sha1", "md5", "checksum", "digest", "fingerprint"])
            .example(json!({ "digest": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let bytes = params.text.as_bytes();
        let hash = match params.algorithm {
            Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
            Algorithm::Sha512 => Sha512::digest(bytes).to_vec(),
            Algorithm::Sha1 => Sha1::digest(bytes).to_vec(),
            Algorithm::Md5 => Md5::digest(bytes).to_vec(),
        };
        let digest = match params.encoding {
            Encoding::Hex => hex::encode(hash),
            Encoding::Base64 => STANDARD.encode(hash),
        };
        Ok(Output { digest }.into())
    }
}
