//! The trace that the host says an invocation belongs to.
//!
//! The header is read as its standard demands, and everything else counts as none: <https://www.w3.org/TR/trace-context/>.

use axum::http::HeaderMap;

/// The header in which a trace is named.
const TRACEPARENT: &str = "traceparent";
/// The length of a header of version 00; later versions may only append to it.
const LENGTH: usize = 55;

/// A trace, and the step in it that called us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 lower-case hexadecimal digits, not all zero: `operation_Id` in Application Insights.
    pub trace_id: String,
    /// 16 lower-case hexadecimal digits, not all zero: the host's call.
    pub span_id: String,
}

impl Trace {
    /// The trace of a request; `None` if the header is missing, stands twice, or is not as the standard wants it.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).iter();
        let (one, another) = (all.next()?, all.next());
        if another.is_some() { None } else { Self::parse(one.to_str().ok()?) }
    }

    fn parse(text: &str) -> Option<Self> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let (version, trace_id, span_id, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_whole = match version {
            "00" => more.is_empty(),
            "ff" => false,
            _ => more.is_empty() || more.starts_with('-'),
        };
        let fits = parts.next().is_none()
            && is_whole
            && is_hex(version, 2)
            && is_id(trace_id, 32)
            && is_id(span_id, 16)
            && is_hex(flags, 2);
        fits.then(|| Self { trace_id: trace_id.to_owned(), span_id: span_id.to_owned() })
    }
}

fn is_id(text: &str, digits: usize) -> bool {
    is_hex(text, digits) && text.bytes().any(|byte| byte != b'0')
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn of(values: &[&str]) -> Option<Trace> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, value.parse().unwrap());
        }
        Trace::of(&headers)
    }

    #[test]
    fn a_trace_is_read() {
        let good = Some(Trace { trace_id: TRACE.to_owned(), span_id: SPAN.to_owned() });
        for text in [
            format!("00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-00"),
            format!("cc-{TRACE}-{SPAN}-01"),
            format!("cc-{TRACE}-{SPAN}-01-what-the-future-brings"),
        ] {
            assert_eq!(of(&[&text]), good, "{text}");
        }
    }

    #[test]
    fn what_is_not_as_the_standard_wants_it_is_none() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("cc-{TRACE}-{SPAN}-01.more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0g-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{TRACE}-{SPAN}-0x"),
            format!("00-{SPAN}-{TRACE}-01"),
            format!("00-{TRACE}{SPAN}--01-"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", "ä".repeat(16)),
        ] {
            assert_eq!(of(&[&text]), None, "{text}");
        }
        let good = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(of(&[&good, &good]), None, "it stands twice");
        assert_eq!(of(&[]), None);
    }
}
