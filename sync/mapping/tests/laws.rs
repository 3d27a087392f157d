use proptest::prelude::*;
use serde_json::{Value, json};

use super::{mapped, mapped_contact, options};
use crate::directory::{EXTENSION_ATTRIBUTES, Feed};
use crate::mapping::{LeftOut, Shape};
use crate::{Content, Field, Value as Held};

/// Anything that a property could hold, right or wrong, with the marker that no message may show.
fn anything() -> impl Strategy<Value = Value> {
    let text = "[ a@.,;:\u{0}-\u{1f}é\u{7f}0-9-]{0,12}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text.prop_map(|text| Value::from(format!("{text}Q7"))),
        text.prop_map(Value::from),
        "smtp:[a-c]{1,2}@Q7[.]example".prop_map(Value::from),
        Just(json!("1990-02-28")),
    ];
    leaf.prop_recursive(2, 12, 6, |inner| {
        let name =
            prop::sample::select([&EXTENSION_ATTRIBUTES[..], &["number", "type", "street"][..]].concat());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn properties(feed: Feed) -> impl Strategy<Value = Value> {
    let name = prop::sample::select(feed.properties());
    prop::collection::btree_map(name, anything(), 0..feed.properties().len()).prop_map(|map| json!(map))
}

/// Every attribute goes to some field, one text to several lists.
fn all_attributes() -> Value {
    let fields = Field::ALL.iter().filter(|field| Shape::of(**field) != Shape::Address);
    let targets = fields.rev().cycle().step_by(3);
    Value::Object(
        EXTENSION_ATTRIBUTES.iter().zip(targets).map(|(name, to)| ((*name).to_owned(), json!(to))).collect(),
    )
}

fn fits(content: &Content, left_out: &[LeftOut]) -> Result<(), TestCaseError> {
    prop_assert!(content.text(Field::GivenName).is_some_and(|name| !name.trim().is_empty()));
    for (field, value) in content.iter() {
        prop_assert!(!value.is_empty());
        let (shape, texts): (Shape, Vec<&str>) = match value {
            Held::Text(text) => (Shape::of(field), vec![text]),
            Held::List(texts) => (Shape::List(texts.len()), texts.iter().map(String::as_str).collect()),
            Held::Emails(mails) => {
                (Shape::Emails(mails.len()), mails.iter().map(|mail| mail.address.as_str()).collect())
            }
            Held::Address(address) => {
                (Shape::Address, address.parts().into_iter().filter(|part| !part.is_empty()).collect())
            }
            Held::Body(_) | Held::Timing(_) | Held::Occurrences(_) => {
                return Err(TestCaseError::fail("a contact has no such value"));
            }
        };
        match (shape, Shape::of(field)) {
            (Shape::List(has), Shape::List(most)) | (Shape::Emails(has), Shape::Emails(most)) => {
                prop_assert!(has <= most)
            }
            (is, due) => prop_assert_eq!(is, due),
        }
        for text in texts {
            // A street may have lines, and nothing else has.
            let odd = |c: char| c.is_control() && !(c == '\n' && field == Field::BusinessAddress);
            prop_assert!(!text.is_empty() && text.trim() == text && !text.contains(odd), "{}", field);
        }
    }
    prop_assert!(left_out.iter().all(|left| !left.to_string().contains("Q7")));
    Ok(())
}

proptest! {
    #[test]
    fn whatever_a_user_holds_the_contact_fits(
        user in properties(Feed::Users), aliases: bool, extensions: bool, last: bool,
    ) {
        let attributes = if extensions { all_attributes() } else { json!({}) };
        let file_as = if last { "surnameFirst" } else { "displayName" };
        let options = options(json!({
            "aliases": aliases, "otherMails": aliases, "extensionAttributes": attributes, "fileAs": file_as,
        }));
        let (content, left_out) = mapped(&options, user);
        fits(&content, &left_out)?;
    }

    #[test]
    fn whatever_an_org_contact_holds_the_contact_fits(contact in properties(Feed::OrgContacts), aliases: bool) {
        let (content, left_out) = mapped_contact(&options(json!({"aliases": aliases})), contact);
        fits(&content, &left_out)?;
    }
}
