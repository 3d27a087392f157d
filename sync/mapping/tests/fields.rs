use serde_json::{Value, json};

use super::{mapped, mapped_contact, options, said, shown};
use crate::Field;
use crate::mapping::Mapping;

fn ana() -> Value {
    json!({
        "displayName": "Ana Šarić", "givenName": " Ana ", "surname": "Šarić", "jobTitle": "Nurse",
        "department": "Ward\t3", "companyName": "Contoso", "officeLocation": "B 2", "mail": "ana@contoso.example",
        "businessPhones": ["+43 1 5"], "mobilePhone": "+43 660 1", "streetAddress": "Ring 1\r\nBack door",
        "city": "Wien", "state": "W", "postalCode": "1010", "country": "Austria", "faxNumber": "9",
        "proxyAddresses": ["SMTP:Ana@contoso.example", "smtp:saric@contoso.example", "SIP:ana@contoso.example", "x"],
        "otherMails": ["ana@home.example"],
        "onPremisesExtensionAttributes": {"extensionAttribute5": "1990-02-28", "extensionAttribute6": "+43 1 7"},
    })
}

#[test]
fn a_user_becomes_a_contact() {
    let (content, left_out) = mapped(&Mapping::default(), ana());
    insta::assert_snapshot!(shown(&content), @r#"
    businessAddress = {"address":{"street":"Ring 1\nBack door","city":"Wien","state":"W","postalCode":"1010","countryOrRegion":"Austria"}}
    businessPhones = {"list":["+43 1 5"]}
    companyName = {"text":"Contoso"}
    department = {"text":"Ward 3"}
    displayName = {"text":"Ana Šarić"}
    emailAddresses = {"emails":[{"address":"ana@contoso.example","name":"Ana Šarić"}]}
    fileAs = {"text":"Šarić, Ana"}
    givenName = {"text":"Ana"}
    jobTitle = {"text":"Nurse"}
    mobilePhone = {"text":"+43 660 1"}
    officeLocation = {"text":"B 2"}
    surname = {"text":"Šarić"}
    "#);
    assert_eq!(left_out, []);
}

#[test]
fn an_org_contact_becomes_a_contact() {
    let (content, left_out) = mapped_contact(
        &Mapping::default(),
        json!({
            "displayName": "Lab Graz", "mail": "lab@graz.example",
            "addresses": [{"city": "Graz", "street": "Ring 2", "officeLocation": "1"}],
            "phones": [{"type": "business", "number": "1"}, {"type": "businessFax", "number": "2"}],
        }),
    );
    insta::assert_snapshot!(shown(&content), @r#"
    businessAddress = {"address":{"street":"Ring 2","city":"Graz"}}
    businessPhones = {"list":["1"]}
    displayName = {"text":"Lab Graz"}
    emailAddresses = {"emails":[{"address":"lab@graz.example","name":"Lab Graz"}]}
    fileAs = {"text":"Lab Graz"}
    givenName = {"text":"Lab Graz"}
    officeLocation = {"text":"1"}
    "#);
    assert_eq!(left_out, []);
}

#[test]
fn the_options_add_addresses_attributes_and_texts_of_their_own() {
    let options = options(json!({
        "fileAs": "displayName", "aliases": true, "otherMails": true,
        "extensionAttributes": {"extensionAttribute5": "birthday", "extensionAttribute6": "homePhones"},
        "exclude": ["jobTitle", "businessAddress", "officeLocation", "surname"],
        "fixed": {"companyName": "Contoso Group", "businessPhones": "+43 1 0"},
        "categories": ["Company", " "], "notes": " Kept current.\r\nDo not edit. ",
    }));
    let (content, left_out) = mapped(&options, ana());
    insta::assert_snapshot!(shown(&content), @r#"
    birthday = {"text":"1990-02-28"}
    businessPhones = {"list":["+43 1 0"]}
    categories = {"list":["Company"]}
    companyName = {"text":"Contoso Group"}
    department = {"text":"Ward 3"}
    displayName = {"text":"Ana Šarić"}
    emailAddresses = {"emails":[{"address":"ana@contoso.example","name":"Ana Šarić"},{"address":"saric@contoso.example","name":"Ana Šarić"},{"address":"ana@home.example","name":"Ana Šarić"}]}
    fileAs = {"text":"Ana Šarić"}
    givenName = {"text":"Ana"}
    homePhones = {"list":["+43 1 7"]}
    mobilePhone = {"text":"+43 660 1"}
    personalNotes = {"text":"—— from the company directory ——\nKept current.\nDo not edit.\n—— end ——"}
    "#);
    assert_eq!(left_out, []);
}

#[test]
fn what_does_not_fit_is_left_out_and_said_without_the_value() {
    let options = options(json!({
        "aliases": true, "extensionAttributes": {"extensionAttribute1": "birthday", "extensionAttribute2": "imAddresses"},
    }));
    let (content, left_out) = mapped(
        &options,
        json!({
            "displayName": "Ana", "jobTitle": 7, "businessPhones": ["1", "2", " 1 ", "3", "4", "5"],
            "mail": "ana@contoso.example,",
            "proxyAddresses": ["smtp:a@x.example", "smtp:b@x.example", "smtp:A@x.example", "smtp:c@x.example", "smtp:d@x.example"],
            "onPremisesExtensionAttributes": {"extensionAttribute1": "31.12.1990", "extensionAttribute2": "sip"},
        }),
    );
    insta::assert_snapshot!(said(&left_out).join("\n"), @"
    jobTitle: the directory's value is of a wrong type
    emailAddresses: not an e-mail address
    birthday: not a date of the form YYYY-MM-DD
    businessPhones: 3 of 5 left out: a contact takes 2
    emailAddresses: 1 of 4 left out: a contact takes 3
    ");
    insta::assert_snapshot!(shown(&content), @r#"
    businessPhones = {"list":["1","2"]}
    displayName = {"text":"Ana"}
    emailAddresses = {"emails":[{"address":"a@x.example","name":"Ana"},{"address":"b@x.example","name":"Ana"},{"address":"c@x.example","name":"Ana"}]}
    fileAs = {"text":"Ana"}
    givenName = {"text":"Ana"}
    imAddresses = {"list":["sip"]}
    "#);
}

#[test]
fn a_given_name_is_never_empty() {
    let table = [
        (json!({"givenName": "Ana", "displayName": "A. S."}), "Ana"),
        (json!({"givenName": " \u{0}", "displayName": "A. S."}), "A. S."),
        (json!({"displayName": "", "companyName": "Contoso"}), "Contoso"),
        (json!({"mail": "desk@contoso.example"}), "desk"),
        (json!({"userPrincipalName": "printer@contoso.example"}), "printer"),
        (json!({"mail": "@"}), "00000000-0000-0000-0000-000000000001"),
        (json!({}), "00000000-0000-0000-0000-000000000001"),
    ];
    for (user, expected) in table {
        let (content, _) = mapped(&Mapping::default(), user);
        assert_eq!(content.text(Field::GivenName), Some(expected));
    }
}

#[test]
fn the_name_to_sort_by_needs_both_parts() {
    let table = [
        (json!({"givenName": "Ana", "surname": "Šarić", "displayName": "A"}), "Šarić, Ana"),
        (json!({"surname": "Šarić", "displayName": "A"}), "A"),
        (json!({"givenName": "Ana", "surname": " ", "displayName": "A"}), "A"),
    ];
    for (user, expected) in table {
        let (content, _) = mapped(&Mapping::default(), user);
        assert_eq!(content.text(Field::FileAs), Some(expected));
    }
}

#[test]
fn a_filled_attribute_takes_the_place_of_a_text_and_joins_a_list() {
    let options = options(json!({"extensionAttributes": {
        "extensionAttribute1": "jobTitle", "extensionAttribute2": "businessPhones", "extensionAttribute3": "department",
    }}));
    let (content, _) = mapped(
        &options,
        json!({
            "jobTitle": "Nurse", "department": "Ward 3", "businessPhones": ["1"],
            "onPremisesExtensionAttributes": {"extensionAttribute1": "Head nurse", "extensionAttribute2": "2", "extensionAttribute3": " "},
        }),
    );
    assert_eq!(content.text(Field::JobTitle), Some("Head nurse"));
    assert_eq!(content.text(Field::Department), Some("Ward 3"));
    assert_eq!(content.get(Field::BusinessPhones), Some(&vec!["1".to_owned(), "2".to_owned()].into()));
}
