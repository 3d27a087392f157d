//! What of a body a reader sees.

use serde_json::Value;

use crate::api::field;

/// The words of a Graph `itemBody`: tags and the way lines are broken don't count.
pub fn words(body: &Value) -> String {
    let content = field(body, "content").as_str().unwrap_or_default();
    match field(body, "contentType").as_str() {
        Some("text") => joined(content),
        _ => joined(&without_tags(content)),
    }
}

/// The text with each stretch of white space as one space.
pub fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push(' ');
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
    }
    let known =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    known.iter().fold(text, |text, (written, meant)| text.replace(written, meant))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn html_and_text_read_alike() {
        let html = json!({ "contentType": "html", "content": "<html><body><p>Tea &amp; cake<br>at 4</p></body></html>" });
        let text = json!({ "contentType": "text", "content": "Tea & cake\r\nat 4\n" });
        assert_eq!(words(&html), "Tea & cake at 4");
        assert_eq!(words(&html), words(&text));
        assert_eq!(words(&Value::Null), "");
    }
}
