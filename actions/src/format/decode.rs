//! Bytes to text.

use super::{Format, FormatError};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// Decodes a file's bytes. A byte order mark decides; XML's own declaration comes next; else it is UTF-8. Tables and
/// plain text that are not UTF-8, as spreadsheet programs export them, are taken for Windows-1252 unless they have
/// zero bytes in them.
///
/// # Errors
/// With the line and column of the first byte that is not UTF-8.
pub fn decode(format: Format, bytes: &[u8]) -> Result<Cow<'_, str>, FormatError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strictly(encoding, &bytes[mark..], format);
    }
    if format == Format::Xml
        && let Some(encoding) = declared_encoding(bytes)
    {
        return strictly(encoding, bytes, format);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if matches!(format, Format::Csv | Format::Tsv | Format::Text) && !bytes.contains(&0) => {
            Ok(WINDOWS_1252.decode_without_bom_handling(bytes).0)
        }
        Err(why) => {
            let (line, column) = position(bytes, why.valid_up_to());
            Err(FormatError::new(format, "the bytes are not UTF-8 text").at(line, column))
        }
    }
}

fn strictly<'b>(encoding: &'static Encoding, bytes: &'b [u8], format: Format) -> Result<Cow<'b, str>, FormatError> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| FormatError::new(format, format!("the bytes are not {} text, which it says it is", encoding.name())))
}

fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = std::str::from_utf8(&bytes[..bytes.len().min(200)]).ok().or_else(|| {
        let ascii = bytes.iter().take(200).take_while(|byte| byte.is_ascii()).count();
        std::str::from_utf8(&bytes[..ascii]).ok()
    })?;
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?;
    let quoted = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = quoted[1..].split(quote).next()?;
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != UTF_8 && encoding.is_ascii_compatible())
}

fn position(bytes: &[u8], offset: usize) -> (u64, u64) {
    let before = &bytes[..offset];
    let line = before.split(|&byte| byte == b'\n').count() as u64;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() as u64 + 1)
}
