use proptest::prelude::*;

use super::{Filter, Sides, Test};
use crate::event::Timing;
use crate::{Content, Email, Field, Value};

fn ana() -> Content {
    let mut ana = Content::default();
    ana.set(Field::Department, "Sales");
    ana.set(Field::JobTitle, "Internal auditor");
    ana.set(Field::BusinessPhones, vec!["+43 1".to_owned(), "+44 2".to_owned()]);
    let email = |address: &str| Email { address: address.into(), name: "Ana".into() };
    ana.set(Field::EmailAddresses, vec![email("ana@contoso.example"), email("a@b.example")]);
    ana
}

#[test]
fn a_condition_is_judged_as_it_reads() {
    let table = [
        (r#"department = "sales""#, true),
        (r#"department = "Sale""#, false),
        (r#"companyName = "Contoso""#, false),
        (r#"department one of ("HR", "SALES")"#, true),
        (r#"businessPhones starts with "+44""#, true),
        (r#"emailAddresses = "A@B.example""#, true),
        (r#"emailAddresses = "Ana""#, false),
        (r#"mobilePhone present"#, false),
        (r#"not mobilePhone present and department present"#, true),
        (r#"department = "Sales" and not (jobTitle starts with "Intern") or mobilePhone present"#, false),
        (r#"mobilePhone present or department = "x" or jobTitle starts with "intern""#, true),
        (r#"mobilePhone present and department = "x" or jobTitle present"#, true),
        (r#"mobilePhone present and (department = "x" or jobTitle present)"#, false),
        ("NOT NOT\tDepartment\n= \"Sales\"", true),
    ];
    for (text, expected) in table {
        assert_eq!(Filter::parse(text).unwrap().matches(&ana()), expected, "{text}");
    }
}

#[test]
fn what_is_no_filter_is_refused_with_its_column() {
    let deep = "not ".repeat(40) + "surname present";
    let table = [
        "",
        "departmnt = \"x\"",
        "department",
        "department is \"x\"",
        "department = Sales",
        "department = \"Sales",
        "department = \"\"",
        "department one (\"x\")",
        "department one of (\"x\" \"y\")",
        "department one of ()",
        "departm\u{e9}nt = \"x\"",
        "surname = \"\u{e9}\u{e9}\" und x",
        "(surname present",
        "surname present)",
        "surname present and",
        "timing = \"2026\"",
        &deep,
    ];
    let said: Vec<String> =
        table.iter().map(|text| format!("{text:.30}: {}", Filter::parse(text).unwrap_err())).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    : in column 1 should be a field by Graph's name, such as `department`
    departmnt = "x": in column 1 should be a field by Graph's name, such as `department`
    department: in column 11 should be `=`, `one of`, `starts with` or `present`
    department is "x": in column 12 should be `=`, `one of`, `starts with` or `present`
    department = Sales: in column 14 should be a text between double quotes that is not empty
    department = "Sales: in column 14 should be a text between double quotes that is not empty
    department = "": in column 14 should be a text between double quotes that is not empty
    department one ("x"): in column 12 should be `=`, `one of`, `starts with` or `present`
    department one of ("x" "y"): in column 24 should be a comma or a closing bracket
    department one of (): in column 20 should be a text between double quotes that is not empty
    departmént = "x": in column 1 should be a field by Graph's name, such as `department`
    surname = "éé" und x: in column 16 should be `and`, `or` or the end
    (surname present: in column 17 should be `and`, `or` or a closing bracket
    surname present): in column 16 should be `and`, `or` or the end
    surname present and: in column 20 should be a field by Graph's name, such as `department`
    timing = "2026": in column 8 should be `present`, which alone can be asked of a time
    not not not not not not not no: in column 133 should be less: at most 32 brackets and `not` in each other
    "#);
    assert!(Filter::parse(&"(".repeat(4_001)).is_err());
}

#[test]
fn a_time_can_only_be_there_or_not() {
    let filter = Filter::parse("timing present").unwrap();
    assert!(!filter.matches(&ana()));
    let day = "2026-12-01".parse().unwrap();
    let event: Content =
        [(Field::Timing, Value::from(Timing::all_day(day, day.succ_opt().unwrap(), None).unwrap()))]
            .into_iter()
            .collect();
    assert!(filter.matches(&event));
}

#[test]
fn a_preview_tells_who_is_in_and_who_is_out() {
    let items = [(1, ana()), (2, Content::default())];
    let filter = Filter::parse("department present").unwrap();
    let sides = filter.sides(items.iter().map(|(key, content)| (key, content)));
    assert_eq!(sides, Sides { inside: [1].into(), outside: [2].into() });
}

fn filter() -> impl Strategy<Value = Filter> {
    let text = || "[ a-zA-Z\"\\\\(),=é]{1,6}";
    let test = prop_oneof![
        text().prop_map(Test::Equals),
        prop::collection::vec(text(), 1..3).prop_map(Test::OneOf),
        text().prop_map(Test::StartsWith),
        Just(Test::Present),
    ];
    let timeless = |field: &Field| !matches!(field, Field::Timing | Field::Occurrences);
    let fields: Vec<Field> = Field::ALL.iter().copied().filter(timeless).collect();
    let leaf = (prop::sample::select(fields), test).prop_map(|(field, test)| Filter::Where(field, test));
    leaf.prop_recursive(4, 24, 3, |inner| {
        let some = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            some().prop_map(Filter::Or),
            some().prop_map(Filter::And),
            inner.clone().prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(filter in filter()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[ a-z\"\\\\(),=é]{0,40}|(not |\\(|surname present|and|or| ){0,12}") {
        let _ = Filter::parse(&text);
    }
}
