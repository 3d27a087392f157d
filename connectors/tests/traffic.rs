//! All traffic of a good day, checked against Microsoft's own types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::*;
use connectors::graph::Which;
use serde_json::json;
use simulator::conformance::{Types, check_exchange};
use sync::{Address, Content, Email, Field, Op, Value};

/// Every field of a contact.
fn fields() -> impl Iterator<Item = Field> {
    Field::ALL.iter().copied().filter(|field| *field <= Field::YomiSurname)
}

/// Every field of a contact, filled.
fn full() -> Content {
    let value = |field: Field| -> Value {
        match field {
            Field::Birthday => "1815-12-10".into(),
            Field::BusinessPhones | Field::HomePhones | Field::ImAddresses | Field::Categories => {
                vec!["one".to_owned(), "two".to_owned()].into()
            }
            Field::EmailAddresses => {
                vec![Email { address: "ana@contoso.example".into(), name: "Ana".into() }].into()
            }
            Field::BusinessAddress | Field::HomeAddress | Field::OtherAddress => {
                Address { street: "Ring 1".into(), city: "Wien".into(), ..Address::default() }.into()
            }
            field => format!("a {field}").into(),
        }
    };
    fields().map(|field| (field, value(field))).collect()
}

#[tokio::test]
async fn every_request_and_answer_is_of_microsofts_types() {
    let Some(types) = TYPES.as_ref() else { return };
    let world = World::new().await;
    let group = json!({ "displayName": "All", "members": [world.simulator.add_user(json!({ "displayName": "Eva" })).unwrap()] });
    world.simulator.add_group(group).unwrap();
    world.simulator.add_org_contact(json!({ "displayName": "Supplier" })).unwrap();
    let place = world.place("Ana").await;
    let (reader, writer) = (world.reader(), world.writer());
    reader.users_delta(None).await.end.unwrap();
    reader.groups_delta(None).await.end.unwrap();
    reader.org_contacts_delta(None).await.end.unwrap();
    world.ensure(&place.mailbox, HubKind::Contacts, "Company").await.unwrap();

    let effects = world.write(&place, &[Op::Create { key: key(1), content: full().into() }]).await;
    let ids = written(&effects);
    assert_eq!(world.seen(&place).await.len(), 1);
    let copy = reader.look(&place, &ids).await.remove(0).1.unwrap().unwrap();
    assert_eq!(copy.content, full(), "what went out came back");
    let clear: Vec<_> = fields().map(|field| (field, None)).collect();
    let effects = world.write(&place, &[update(1, &ids[0], &version(&effects[0]), &clear)]).await;
    written(&effects);
    let cleared = reader.look(&place, &ids).await.remove(0).1.unwrap().unwrap();
    assert!(cleared.content.is_empty(), "and all of it can be cleared");
    reader.tags(&place, Which::All).await.unwrap();
    reader.tags(&place, Which::These(&ids)).await.unwrap();
    reader.find(&place, &[key(1)]).await.unwrap();
    world.write(&place, &[delete(1, &ids[0])]).await;
    writer.delete_folder(&place).await.unwrap();

    check(&world, types);
}

fn check(world: &World, types: &Types) {
    let exchanges = world.simulator.recorded();
    assert!(exchanges.len() > 20);
    for exchange in exchanges {
        let wrong = check_exchange(&exchange, types);
        assert!(wrong.is_empty(), "{} {}: {wrong:?}", exchange.method, exchange.path);
    }
}

#[tokio::test]
async fn what_is_said_about_calendars_is_of_microsofts_types() {
    let Some(types) = TYPES.as_ref() else { return };
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let (reader, writer) = (world.reader(), world.writer());
    world.ensure(&place.mailbox, HubKind::Events, "Company").await.unwrap();
    let effects = world.write(&place, &[create_event(1), create_event(2)]).await;
    let ids = written(&effects);
    let title = [(Field::Subject, Some(Value::from("Town hall"))), (Field::Location, None)];
    world.write(&place, &[update(1, &ids[0], &version(&effects[0]), &title), delete(2, &ids[1])]).await;
    assert_eq!(world.seen(&place).await.len(), 1);
    reader.look(&place, &ids).await;
    reader.tags(&place, Which::All).await.unwrap();
    reader.tags(&place, Which::These(&ids)).await.unwrap();
    reader.find(&place, &[key(1)]).await.unwrap();
    let window = (start(), start() + std::time::Duration::from_secs(3_000_000));
    let series = json!({
        "subject": "Stand-up",
        "start": { "dateTime": "2026-12-01T09:00:00", "timeZone": "W. Europe Standard Time" },
        "end": { "dateTime": "2026-12-01T10:00:00", "timeZone": "W. Europe Standard Time" },
        "recurrence": {
            "pattern": { "type": "daily", "interval": 1 }, "range": { "type": "noEnd", "startDate": "2026-12-01" }
        }
    });
    world.simulator.user_creates_event(user(&place.mailbox), "Calendar", series).unwrap();
    let round = reader.calendar_source(&place.mailbox, None, window, None).await;
    reader.calendar_source(&place.mailbox, None, window, Some(&round.end.unwrap())).await.end.unwrap();
    reader.contact_source(&place.mailbox, None, None).await.end.unwrap();
    world.write(&place, &[delete(1, &ids[0])]).await;
    writer.delete_folder(&place).await.unwrap();
    check(&world, types);
}
