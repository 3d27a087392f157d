//! Which rules a mailbox can hold.

use super::{event, read, told};

/// The pattern of a rule whose event starts on Wednesday, 4 March 2026, or why there is none.
fn pattern(rule: &str) -> String {
    let told = told(&read(&event(&format!("DTSTART:20260304T090000Z\nRRULE:{rule}"))));
    let line = told.lines().find(|line| !line.starts_with("u/")).unwrap();
    let pattern = line.split_once(" UTC ").or_else(|| line.split_once(": ")).map_or(line, |(_, rest)| rest);
    pattern.replace(" {\"type\":\"noEnd\"}", "").replace("; `unroll` would make single events of it", "")
}

const RULES: &[&str] = &[
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
    "FREQ=DAILY;BYMONTH=3",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,FR;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=1000",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=4",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=4,5",
    "FREQ=MONTHLY;BYDAY=1WE",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=5WE",
    "FREQ=MONTHLY;BYDAY=WE",
    "FREQ=MONTHLY;BYDAY=WE;BYSETPOS=2",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=1",
    "FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=2",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=1WE",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;BYWEEKNO=20",
    "FREQ=YEARLY;BYMONTH=3,9",
    "FREQ=DAILY;BYHOUR=9",
    "FREQ=DAILY;BYHOUR=9,15",
    "FREQ=HOURLY",
    "FREQ=MINUTELY",
    "FREQ=SOMETIMES",
    "FREQ=DAILY\nRRULE:FREQ=WEEKLY",
    "FREQ=DAILY\nRDATE:20260401T090000Z",
    "FREQ=DAILY\nEXRULE:FREQ=WEEKLY",
];

#[test]
fn each_rule_has_its_pattern_or_is_refused() {
    let told: Vec<String> =
        RULES.iter().map(|rule| format!("{}: {}", rule.replace('\n', " "), pattern(rule))).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    FREQ=DAILY: {"type":"daily","interval":1}
    FREQ=DAILY;INTERVAL=3: {"type":"daily","interval":3}
    FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR: {"type":"weekly","interval":1,"daysOfWeek":["monday","tuesday","wednesday","thursday","friday"],"firstDayOfWeek":"monday"}
    FREQ=DAILY;INTERVAL=2;BYDAY=MO: it repeats in a pattern that a mailbox can't hold
    FREQ=DAILY;BYMONTH=3: it repeats in a pattern that a mailbox can't hold
    FREQ=WEEKLY: {"type":"weekly","interval":1,"daysOfWeek":["wednesday"],"firstDayOfWeek":"monday"}
    FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,FR;WKST=SU: {"type":"weekly","interval":2,"daysOfWeek":["wednesday","friday"],"firstDayOfWeek":"sunday"}
    FREQ=WEEKLY;INTERVAL=1000: it repeats at an interval of more than 999
    FREQ=MONTHLY: {"type":"absoluteMonthly","interval":1,"dayOfMonth":4}
    FREQ=MONTHLY;BYMONTHDAY=4: {"type":"absoluteMonthly","interval":1,"dayOfMonth":4}
    FREQ=MONTHLY;BYMONTHDAY=31: it repeats on a day that some months do not have
    FREQ=MONTHLY;BYMONTHDAY=-1: {"type":"relativeMonthly","interval":1,"daysOfWeek":["sunday","monday","tuesday","wednesday","thursday","friday","saturday"],"index":"last"}
    FREQ=MONTHLY;BYMONTHDAY=4,5: it repeats in a pattern that a mailbox can't hold
    FREQ=MONTHLY;BYDAY=1WE: {"type":"relativeMonthly","interval":1,"daysOfWeek":["wednesday"],"index":"first"}
    FREQ=MONTHLY;BYDAY=-1FR: {"type":"relativeMonthly","interval":1,"daysOfWeek":["friday"],"index":"last"}
    FREQ=MONTHLY;BYDAY=5WE: it repeats in a pattern that a mailbox can't hold
    FREQ=MONTHLY;BYDAY=WE: it repeats in a pattern that a mailbox can't hold
    FREQ=MONTHLY;BYDAY=WE;BYSETPOS=2: {"type":"relativeMonthly","interval":1,"daysOfWeek":["wednesday"],"index":"second"}
    FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1: {"type":"relativeMonthly","interval":1,"daysOfWeek":["monday","tuesday","wednesday","thursday","friday"],"index":"last"}
    FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=1: {"type":"relativeMonthly","interval":1,"daysOfWeek":["tuesday","wednesday"],"index":"first"}
    FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=2: it repeats in a pattern that a mailbox can't hold
    FREQ=YEARLY: {"type":"absoluteYearly","interval":1,"dayOfMonth":4,"month":3}
    FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4: {"type":"absoluteYearly","interval":1,"dayOfMonth":4,"month":3}
    FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29: it repeats on a day that some months do not have
    FREQ=YEARLY;BYMONTH=3;BYDAY=1WE: {"type":"relativeYearly","interval":1,"daysOfWeek":["wednesday"],"index":"first","month":3}
    FREQ=YEARLY;BYDAY=20MO: it repeats in a pattern that a mailbox can't hold
    FREQ=YEARLY;BYWEEKNO=20: it repeats in a pattern that a mailbox can't hold
    FREQ=YEARLY;BYMONTH=3,9: it repeats in a pattern that a mailbox can't hold
    FREQ=DAILY;BYHOUR=9: {"type":"daily","interval":1}
    FREQ=DAILY;BYHOUR=9,15: it repeats in a pattern that a mailbox can't hold
    FREQ=HOURLY: it repeats more often than daily
    FREQ=MINUTELY: it repeats more often than daily
    FREQ=SOMETIMES: its recurrence rule can't be read; its publisher has to mend it
    FREQ=DAILY RRULE:FREQ=WEEKLY: it has more than one recurrence rule
    FREQ=DAILY RDATE:20260401T090000Z: it repeats on a list of dates
    FREQ=DAILY EXRULE:FREQ=WEEKLY: it excludes occurrences by a rule
    "#);
}
