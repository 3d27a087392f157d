//! The parts of docs/COST.md that are computed; `UPDATE_DOCS=1 cargo test -p xtask cost` writes them.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use sync::HubConfig;

use super::load::Load;
use super::month::Month;
use super::{Network, Options, prices};
use crate::places;

const SIZES: [u32; 3] = [50, 1_000, 10_000];

fn path() -> PathBuf {
    places::root().join("docs/COST.md")
}

/// The options of the tables.
pub fn options(mailboxes: u32) -> Options {
    Options {
        hubs: Vec::new(),
        prices: false,
        mailboxes,
        changed: 10,
        network: Network::PrivateEndpoints,
        front_door: false,
        memory: 512,
        log_bytes: 250,
        json: false,
    }
}

/// The hub that the page shows.
fn hub(page: &str) -> HubConfig {
    let json = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    sync::hub::parse(json.as_bytes()).unwrap()
}

fn month(hub: &HubConfig, options: &Options) -> Month {
    Month::of(&Load::of(std::slice::from_ref(hub), options).unwrap(), options).unwrap()
}

fn row(text: &mut String, name: &str, cells: [String; 3]) {
    writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
}

fn head(first: &str) -> String {
    let mut text = String::new();
    row(&mut text, first, SIZES.map(|size| format!("{size} mailboxes")));
    text + "| --- | ---: | ---: | ---: |\n"
}

/// Part by part, as the hub of the page is.
fn parts(hub: &HubConfig) -> String {
    let months = SIZES.map(|size| month(hub, &options(size)));
    let mut text = head("USD a month for");
    for (at, (name, _)) in months[0].rows().enumerate() {
        row(
            &mut text,
            name,
            months.each_ref().map(|month| format!("{:.2}", month.rows().nth(at).unwrap().1)),
        );
    }
    text
}

/// Totals, with one thing changed each.
fn choices(hub: &HubConfig) -> String {
    let total = |hub: &HubConfig, change: fn(&mut Options)| {
        SIZES.map(|size| {
            let mut options = options(size);
            change(&mut options);
            format!("{:.0}", month(hub, &options).total())
        })
    };
    let quick = HubConfig { schedule: "*/15 * * * *".to_owned(), ..hub.clone() };
    let daily = HubConfig { schedule: "0 5 * * *".to_owned(), ..hub.clone() };
    let mut two_way = hub.clone();
    two_way.spokes.iter_mut().for_each(|spoke| spoke.two_way = true);
    let mut text = head("total with");
    row(&mut text, "everything as above", total(hub, |_| ()));
    row(
        &mut text,
        "`networkMode` = `serviceEndpoints`",
        total(hub, |it| it.network = Network::ServiceEndpoints),
    );
    row(&mut text, "`frontDoor`", total(hub, |it| it.front_door = true));
    row(&mut text, "`instanceMemoryMb` = 2048", total(hub, |it| it.memory = 2048));
    row(&mut text, "a hub that runs each quarter of an hour", total(&quick, |_| ()));
    row(&mut text, "a hub that runs once a day", total(&daily, |_| ()));
    row(&mut text, "a two-way hub", total(&two_way, |_| ()));
    row(&mut text, "every run finds something changed", total(hub, |it| it.changed = 100));
    row(&mut text, "1 KB of log a visit", total(hub, |it| it.log_bytes = 1_000));
    row(
        &mut text,
        "every run changes something, and 10 KB of log a visit",
        total(hub, |it| {
            it.changed = 100;
            it.log_bytes = 10_000;
        }),
    );
    text
}

fn list() -> String {
    let mut text = String::new();
    prices::write(&mut text).unwrap();
    text
}

/// The page with the text between two marks replaced.
fn with(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn the_page_says_what_is_computed() {
    let page = fs::read_to_string(path()).unwrap();
    let hub = hub(&page);
    let tables = [("parts", parts(&hub)), ("choices", choices(&hub)), ("prices", list())];
    let computed = tables.iter().fold(page.clone(), |page, (name, table)| with(&page, name, table));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path(), &computed).unwrap();
    } else {
        assert_eq!(page, computed, "UPDATE_DOCS=1 cargo test -p xtask cost writes it");
    }
}

#[test]
fn the_network_is_the_price_of_a_small_company_and_service_endpoints_take_it_away() {
    let hub = hub(&fs::read_to_string(path()).unwrap());
    let total = |network| month(&hub, &Options { network, ..options(50) }).total();
    let saved = total(Network::PrivateEndpoints) - total(Network::ServiceEndpoints);
    assert!((30.0..32.0).contains(&saved), "{saved}");
    assert!(total(Network::ServiceEndpoints) < 8.0);
}

#[test]
fn logs_of_ten_kilobytes_are_most_of_a_large_bill() {
    let hub = hub(&fs::read_to_string(path()).unwrap());
    let chatty =
        Options { log_bytes: 10_240, changed: 100, network: Network::ServiceEndpoints, ..options(10_000) };
    let month = month(&hub, &chatty);
    let logs = month.rows().find(|(name, _)| *name == "logs").unwrap().1;
    assert!(logs / month.total() > 0.5, "{month:?}");
}
