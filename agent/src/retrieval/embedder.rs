//! What turns texts into dense vectors: one trait for an endpoint and for a model in a folder.

use super::api::MOST_DIMENSIONS;
use super::sparse::EmbedKind;
use async_trait::async_trait;

/// Makes dense vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the way of embedding; vectors with different fingerprints must not meet in one index.
    fn fingerprint(&self) -> &str;

    /// One vector for each text, in order: all of one dimension, with finite numbers.
    ///
    /// # Errors
    /// When there is no answer in time, or none that can be used.
    async fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Why there are no vectors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no embeddings from {place}: {why}; {help}")]
pub struct EmbedError {
    /// The host or the folder, without secrets.
    pub place: String,
    /// What is wrong.
    pub why: String,
    /// The way out.
    pub help: &'static str,
}

/// Checks what an embedder made before anybody uses it; says what is wrong.
pub(super) fn check(vectors: &[Vec<f32>], texts: usize, dimensions: Option<usize>) -> Result<(), String> {
    if vectors.len() != texts {
        return Err(format!("there are {} vectors for {texts} texts", vectors.len()));
    }
    let Some(wanted) = dimensions.or_else(|| vectors.first().map(Vec::len)) else { return Ok(()) };
    if wanted == 0 || wanted > MOST_DIMENSIONS {
        return Err(format!("the vectors have {wanted} dimensions; 1 to {MOST_DIMENSIONS} can be used"));
    }
    if let Some(other) = vectors.iter().map(Vec::len).find(|length| *length != wanted) {
        return Err(format!("a vector has {other} dimensions where the others have {wanted}"));
    }
    let finite = vectors.iter().flatten().all(|number| number.is_finite());
    if finite { Ok(()) } else { Err("a vector holds a number that is not finite".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_checked_before_anybody_uses_them() {
        assert_eq!(check(&[vec![1.0, 0.0], vec![0.0, 1.0]], 2, None), Ok(()));
        assert_eq!(check(&[], 0, None), Ok(()));
        assert!(check(&[vec![1.0]], 2, None).unwrap_err().contains("1 vectors for 2 texts"));
        assert!(check(&[vec![1.0, 0.0], vec![1.0]], 2, None).unwrap_err().contains("1 dimensions"));
        assert!(check(&[vec![1.0]], 1, Some(2)).unwrap_err().contains("1 dimensions"));
        assert!(check(&[vec![]], 1, None).unwrap_err().contains("0 dimensions"));
        assert!(check(&[vec![0.0; MOST_DIMENSIONS + 1]], 1, None).is_err());
        assert!(check(&[vec![f32::NAN]], 1, None).unwrap_err().contains("not finite"));
    }
}
