use serde_json::json;

use super::{broken, directory, gone, group, id, round, set};
use crate::Reading::{Changes, Everything};
use crate::directory::{Change, Directory, Feed, GroupError, Member, Person};

fn ana() -> Directory {
    directory([set(1, json!({"displayName": "Ana", "jobTitle": "Nurse", "mail": "ana@x.example"}))], [], [])
}

fn person(directory: &Directory, number: u64) -> Option<Person<'_>> {
    let id = id(number);
    directory.people().find(|person| person.id == id)
}

#[test]
fn a_change_sets_what_it_names_clears_what_is_null_and_leaves_the_rest() {
    let mut directory = ana();
    let change = set(1, json!({"jobTitle": null, "department": "Ward 3", "skills": ["later"]}));
    directory.apply(Feed::Users, round(Changes, [change]));
    let ana = person(&directory, 1).unwrap();
    assert_eq!((ana.display_name, ana.job_title, ana.department), (Some("Ana"), None, Some("Ward 3")));
}

#[test]
fn a_removal_counts_only_when_the_round_came_to_its_end() {
    let mut directory = ana();
    directory.apply(Feed::Users, broken(Changes, [gone(1), set(2, json!({"displayName": "Ben"}))]));
    assert_eq!(directory.count(Feed::Users), 2);
    directory.apply(Feed::Users, round(Changes, [gone(1)]));
    assert!(person(&directory, 1).is_none() && person(&directory, 2).is_some());
}

#[test]
fn who_was_removed_and_comes_back_starts_afresh() {
    let mut directory = ana();
    directory.apply(Feed::Users, round(Changes, [gone(1), set(1, json!({"displayName": "Ana"}))]));
    assert_eq!(person(&directory, 1).unwrap().job_title, None);
}

#[test]
fn a_full_reading_replaces_what_was_known_only_if_it_finished() {
    let mut directory = ana();
    directory.apply(Feed::Users, broken(Everything, [set(2, json!({"displayName": "Ben"}))]));
    assert_eq!(person(&directory, 1).unwrap().job_title, Some("Nurse"));
    let all = [set(1, json!({"displayName": "Ana"})), set(3, json!({"displayName": "Cem"}))];
    directory.apply(Feed::Users, round(Everything, all));
    assert!(person(&directory, 2).is_none() && person(&directory, 3).is_some());
    assert_eq!(person(&directory, 1).unwrap().job_title, None);
}

#[test]
fn a_reading_of_one_feed_says_nothing_about_another() {
    let mut directory = directory([set(1, json!({}))], [set(2, json!({}))], [group(3, &[1])]);
    directory.apply(Feed::OrgContacts, round(Everything, []));
    assert_eq!([Feed::Users, Feed::OrgContacts, Feed::Groups].map(|feed| directory.count(feed)), [1, 0, 1]);
}

#[test]
fn ids_are_compared_without_regard_to_case_and_useless_ones_are_dropped() {
    let mut directory = Directory::default();
    let upper = Change { id: "ABCDEF00-0000-0000-0000-000000000001".into(), ..set(1, json!({})) };
    let lower = Change { id: upper.id.to_lowercase(), ..upper.clone() };
    let useless = Change { id: String::new(), ..upper.clone() };
    directory.apply(Feed::Users, round(Changes, [upper, lower, useless]));
    assert_eq!(directory.count(Feed::Users), 1);
}

#[test]
fn members_come_in_pieces_and_leave_only_in_a_whole_round() {
    let mut directory = directory([], [], [group(9, &[1, 2]), group(9, &[3])]);
    let leaves = Change { members: vec![Member { id: id(2), removed: true }], ..set(9, json!({})) };
    directory.apply(Feed::Groups, broken(Changes, [leaves.clone()]));
    assert_eq!(directory.group(&id(9)).unwrap().members.len(), 3);
    directory.apply(Feed::Groups, round(Changes, [leaves]));
    assert!(!directory.group(&id(9)).unwrap().members.contains(&id(2)));
}

#[test]
fn groups_that_contain_each_other_are_entered_once() {
    let directory = directory([], [], [group(7, &[8, 1]), group(8, &[9, 2]), group(9, &[7, 3])]);
    let members = directory.members_of(&[id(7)]).unwrap();
    assert!([1, 2, 3].iter().all(|&user| members.contains(id(user).as_str())));
    assert_eq!(members.len(), 6, "three users, and each of the three groups by way of another");
}

#[test]
fn a_deep_chain_of_groups_is_no_danger() {
    let mut directory = Directory::default();
    let chain = (0..20_000).map(|link| group(link, &[link + 1]));
    directory.apply(Feed::Groups, round(Everything, chain));
    assert_eq!(directory.members_of(&[id(0)]).unwrap().len(), 20_000);
}

#[test]
fn an_unknown_group_is_told_from_groups_that_were_never_read() {
    let unknown = directory([], [], []).members_of(&[id(5)]).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no group 00000000-0000-0000-0000-000000000005 in the directory"
    );
    let mut unread = Directory::default();
    unread.apply(Feed::Groups, broken(Everything, [group(5, &[1])]));
    assert_eq!(unread.members_of(&[id(5)]), Err(GroupError::NotRead));
    assert_eq!(unread.members_of(&[]).unwrap().len(), 0);
}

#[test]
fn a_property_of_a_wrong_type_counts_as_absent_and_is_noted() {
    let odd = json!({
        "displayName": 7, "accountEnabled": "yes", "userType": "unknownFutureValue", "businessPhones": ["1", 2],
        "onPremisesExtensionAttributes": {"extensionAttribute1": {}, "extensionAttribute2": "b"},
    });
    let directory = directory([set(1, odd)], [], []);
    let odd = person(&directory, 1).unwrap();
    assert_eq!((odd.display_name, odd.enabled, odd.guest), (None, true, false));
    assert_eq!(odd.business_phones, ["1"]);
    assert_eq!(odd.extension_attributes.into_iter().collect::<Vec<_>>(), [("extensionAttribute2", "b")]);
    assert_eq!(odd.unreadable, ["displayName", "accountEnabled", "businessPhones", "extensionAttribute1"]);
}

#[test]
fn an_org_contact_is_read_in_its_own_shapes() {
    let contact = json!({
        "displayName": "Dr. Wu", "companyName": "Lab",
        "addresses": [{"city": "Graz", "countryOrRegion": "Austria", "officeLocation": "3.14", "street": "Ring 1"}],
        "phones": [
            {"type": "businessFax", "number": "9"}, {"type": "mobile", "number": "2"},
            {"type": "business", "number": "1"}, {"type": "quantum", "number": "8"},
        ],
    });
    let directory = directory([], [set(1, contact)], []);
    let wu = person(&directory, 1).unwrap();
    assert_eq!((wu.feed, wu.office_location, wu.country), (Feed::OrgContacts, Some("3.14"), Some("Austria")));
    assert_eq!((wu.business_phones, wu.mobile_phone), (vec!["1"], Some("2")));
}

#[test]
fn what_is_stored_comes_back_and_what_is_printed_names_nobody() {
    let directory = directory([set(1, json!({"displayName": "Ana"}))], [], [group(9, &[1])]);
    let stored = serde_json::to_vec(&directory).unwrap();
    assert!(serde_json::from_slice::<Directory>(&stored).unwrap() == directory);
    let printed =
        format!("{directory:?} {:?} {:?}", person(&directory, 1), set(1, json!({"displayName": "Ana"})));
    assert!(!printed.contains("Ana"), "{printed}");
}
