//! The body of an event: how Exchange keeps HTML and text, and turns one into the other.

use serde_json::{Value, json};

const PREVIEW: usize = 255;

/// The body as Graph answers it, from the stored `itemBody` (or none).
///
/// HTML comes back as a whole document; text comes back as HTML, too, unless the client prefers text. Where `wrapped`
/// is off, a body comes back as it was sent.
pub(crate) fn show(stored: Option<&Value>, text_preferred: bool, wrapped: bool) -> Value {
    let (html, content) = parts(stored);
    let (kind, shown) = match (text_preferred, html) {
        (true, true) => ("text", to_text(content)),
        (true, false) => ("text", content.to_owned()),
        (false, true) if wrapped && !content.is_empty() => ("html", document(content)),
        (false, false) if wrapped => ("html", document(&format!("<div>{}</div>", to_html(content)))),
        (false, true) => ("html", content.to_owned()),
        (false, false) => ("text", content.to_owned()),
    };
    json!({ "contentType": kind, "content": shown })
}

/// The first characters of the text.
pub(crate) fn preview(stored: Option<&Value>) -> String {
    let (html, content) = parts(stored);
    let text = if html { to_text(content) } else { content.to_owned() };
    text.trim().chars().take(PREVIEW).collect()
}

fn parts(stored: Option<&Value>) -> (bool, &str) {
    let text = |name: &str| stored.and_then(|body| body.get(name)).and_then(Value::as_str);
    (text("contentType") != Some("text"), text("content").unwrap_or_default())
}

/// A whole document around a fragment; what is a document already gets Exchange's own head.
fn document(content: &str) -> String {
    let inner = between(content, "<body", "</body>").unwrap_or(content);
    format!(
        "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>{inner}</body></html>"
    )
}

/// What lies in an element, without regard to the case of its tags.
fn between<'a>(content: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let lower = content.to_ascii_lowercase();
    let begin = lower.find(open)?;
    let begin = begin + lower.get(begin..)?.find('>')? + 1;
    let end = lower.rfind(close).filter(|end| *end >= begin).unwrap_or(content.len());
    content.get(begin..end)
}

fn to_html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace("\r\n", "\n").replace('\n', "<br>\r\n")
}

/// The text between the tags; breaks and ends of blocks are new lines.
fn to_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = between(html, "<body", "</body>").unwrap_or(html);
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(&before.replace(['\r', '\n'], ""));
        let Some((tag, after)) = after.split_once('>') else { return unescaped(&text) };
        let name =
            tag.trim_end_matches('/').split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        if matches!(name.as_str(), "br" | "/p" | "/div" | "/li" | "/tr" | "/h1" | "/h2" | "/h3") {
            text.push_str("\r\n");
        }
        rest = after;
    }
    text.push_str(&rest.replace(['\r', '\n'], ""));
    unescaped(&text)
}

fn unescaped(text: &str) -> String {
    let known =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    known.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_comes_back_as_a_document_and_text_as_html() {
        let html = json!({ "contentType": "html", "content": "<p>A &amp; B<br>c</p>" });
        let text = json!({ "contentType": "text", "content": "1 < 2\nend" });
        let shown = [
            show(Some(&html), false, true),
            show(Some(&html), true, true),
            show(Some(&text), false, true),
            show(Some(&text), true, true),
            show(Some(&text), false, false),
            show(None, false, true),
        ];
        let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        {"content":"<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><p>A &amp; B<br>c</p></body></html>","contentType":"html"}
        {"content":"A & B\r\nc\r\n","contentType":"text"}
        {"content":"<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><div>1 &lt; 2<br>\r\nend</div></body></html>","contentType":"html"}
        {"content":"1 < 2\nend","contentType":"text"}
        {"content":"1 < 2\nend","contentType":"text"}
        {"content":"","contentType":"html"}
        "#);
        assert_eq!(preview(Some(&html)), "A & B\r\nc");
    }

    #[test]
    fn a_document_that_is_sent_back_is_wrapped_once() {
        let sent = json!({ "contentType": "html", "content": "<b>x</b>" });
        let once = show(Some(&sent), false, true);
        assert_eq!(show(Some(&once), false, true), once);
    }
}
