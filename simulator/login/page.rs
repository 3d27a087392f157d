//! The pages that a browser sees, and the redirects that take it away.

use url::Url;

use crate::graph::answer::Answer;

/// A page of a heading and HTML.
pub(crate) fn page(status: u16, title: &str, inner: &str) -> Answer {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body><h1>{title}</h1>\n{inner}</body></html>\n"
    );
    let body = html.into_bytes();
    Answer { status, body, content_type: Some("text/html; charset=utf-8"), ..Answer::default() }
        .header("cache-control", "no-store")
}

/// A page that says why there is nothing to go back to.
pub(crate) fn refusal(code: u32, message: &str) -> Answer {
    page(400, "Sorry, but we’re having trouble signing you in.", &refusal_text(code, message))
}

fn refusal_text(code: u32, message: &str) -> String {
    format!("<p>AADSTS{code}: {}</p>\n", escape(message))
}

/// A form that posts hidden fields and the button that is pressed.
pub(crate) fn form(action: &str, hidden: &[(&str, &str)], buttons: &[(&str, &str, &str)]) -> String {
    let fields = hidden.iter().map(|(name, value)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
    });
    let buttons = buttons.iter().map(|(name, value, text)| {
        format!("<button name=\"{}\" value=\"{}\">{}</button>", escape(name), escape(value), escape(text))
    });
    let inner: String = fields.chain(buttons).collect();
    format!("<form method=\"post\" action=\"{}\">{inner}</form>\n", escape(action))
}

/// Text as HTML shows it, also between quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// 302 to an address with more in its query.
pub(crate) fn redirect(to: &str, pairs: &[(&str, &str)]) -> Answer {
    match Url::parse(to) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(pairs);
            Answer::empty(302).header("location", url.to_string())
        }
        Err(_) => refusal(90_102, "'redirect_uri' value must be a valid absolute URI."),
    }
}

/// The value of the hidden field `request` of a page that [`form`] made.
pub(crate) fn sealed_request(body: &[u8]) -> Option<String> {
    let html = std::str::from_utf8(body).ok()?;
    let (_, after) = html.split_once("name=\"request\" value=\"")?;
    after.split_once('"').map(|(value, _)| value.to_owned())
}
