//! What a request for events asks for: properties, zones, forms of ids and bodies.

use super::answer::Answer;
use super::call::Call;
use super::filter::expand;
use super::serve::Visit;
use crate::state::event_fields::selectable;
use crate::state::event_show::EventView;
use crate::state::extended::ExtendedId;
use crate::state::refusal::Refusal;
use crate::state::zone::Zone;

/// How the events of an answer are shown; only a single event shows what became of its dates.
pub(crate) fn view(visit: &Visit<'_>, call: &Call, single: bool) -> Result<EventView, Refusal> {
    let options = call.options();
    let select = options.get("$select").map(select).transpose()?;
    let dates = ["cancelledOccurrences", "exceptionOccurrences"];
    let asked = select.iter().flatten().find(|name| dates.contains(name));
    if let Some(name) = asked.filter(|_| !single) {
        return Err(Refusal::bad_request(format!("'{name}' is only given for a single event.")));
    }
    let (expand, exceptions) = options.get("$expand").map_or(Ok((Vec::new(), false)), expanded)?;
    if exceptions && !single {
        return Err(Refusal::bad_request("'exceptionOccurrences' is only given for a single event."));
    }
    Ok(EventView { select, expand, exceptions, ..plain_view(visit, call)? })
}

/// The view of an answer that takes no options: a write, or a delta.
pub(crate) fn plain_view(visit: &Visit<'_>, call: &Call) -> Result<EventView, Refusal> {
    let quirks = visit.world.quirks();
    let zone = call.headers.time_zone.as_deref().map_or_else(|| Ok(Zone::utc()), Zone::read)?;
    Ok(EventView {
        select: None,
        expand: Vec::new(),
        exceptions: false,
        immutable: call.headers.immutable_ids,
        typed: false,
        zone,
        text_body: call.headers.text_body,
        html_wrapped: quirks.html_wrapped,
        all_day_converted: quirks.all_day_converted,
        owner: visit.owner(),
    })
}

/// Says which preferences the answer follows.
pub(crate) fn preferred(answer: Answer, call: &Call) -> Answer {
    let zone = call.headers.time_zone.as_ref().map(|name| format!("outlook.timezone=\"{name}\""));
    let body = call.headers.text_body.then(|| "outlook.body-content-type=\"text\"".to_owned());
    let applied: Vec<String> = zone.into_iter().chain(body).collect();
    if applied.is_empty() { answer } else { answer.header("preference-applied", applied.join(", ")) }
}

fn select(list: &str) -> Result<Vec<&'static str>, Refusal> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let known = |name: &str| {
        selectable(name).ok_or_else(|| {
            let message =
                format!("Could not find a property named '{name}' on type 'microsoft.graph.event'.");
            Refusal::new(400, "RequestBroker--ParseUri", message)
        })
    };
    names.map(known).collect()
}

/// Reads `$expand`: tags, and `exceptionOccurrences`.
fn expanded(text: &str) -> Result<(Vec<ExtendedId>, bool), Refusal> {
    let (mut tags, mut exceptions) = (Vec::new(), false);
    for part in top_level(text) {
        if part.trim().eq_ignore_ascii_case("exceptionOccurrences") {
            exceptions = true;
        } else {
            tags.extend(expand(part)?);
        }
    }
    Ok((tags, exceptions))
}

/// Splits at the commas that lie outside of brackets.
fn top_level(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let split = text.split(move |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    split.collect()
}
