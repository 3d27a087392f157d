//! List prices, and where they were read.

use std::fmt::{Result, Write};

/// What something costs.
pub struct Price {
    /// What is paid for.
    pub what: &'static str,
    /// US dollars …
    pub dollars: f64,
    /// … for so many …
    pub amount: f64,
    /// … of these.
    pub unit: &'static str,
    /// How many a month are free.
    pub free: f64,
    /// Where the price was read.
    pub source: &'static str,
}

impl Price {
    const fn of(
        dollars: f64,
        amount: f64,
        unit: &'static str,
        what: &'static str,
        source: &'static str,
    ) -> Self {
        Self { what, dollars, amount, unit, free: 0.0, source }
    }

    const fn after(self, free: f64) -> Self {
        Self { free, ..self }
    }

    /// The price of so many in a month.
    pub fn times(&self, count: f64) -> f64 {
        (count - self.free).max(0.0) * self.dollars / self.amount
    }
}

const INFRACOST: &str = "test data of infracost";
const MODAL: &str = "modal.com, guide to the prices of Azure Functions";
const CDNSUN: &str = "blog.cdnsun.com, 2026";
const UNCHECKED: &str = "not read anywhere lately: check it";

/// A private endpoint.
pub const ENDPOINT: Price = Price::of(0.01, 1.0, "hour", "private endpoint, without its traffic", INFRACOST);
/// A zone of private names.
pub const ZONE: Price = Price::of(0.50, 1.0, "month", "private DNS zone", INFRACOST);
/// Memory in use for a time.
pub const GIB_SECOND: Price =
    Price::of(0.000_026, 1.0, "GB-second", "Flex Consumption, on demand", MODAL).after(100_000.0);
/// A function that is started.
pub const EXECUTION: Price =
    Price::of(0.40, 1e6, "executions", "Flex Consumption, executions", UNCHECKED).after(250_000.0);
/// A call to a queue.
pub const QUEUE: Price = Price::of(0.004, 1e4, "calls", "queue storage", INFRACOST);
/// A blob that is written, or a listing.
pub const BLOB_WRITE: Price =
    Price::of(0.069, 1e4, "calls", "blob storage, ZRS: writes and listings", INFRACOST);
/// A blob that is read.
pub const BLOB_READ: Price = Price::of(0.0045, 1e4, "calls", "blob storage: reads", INFRACOST);
/// A gigabyte in storage.
pub const STORED: Price =
    Price::of(0.026, 1.0, "GB and month", "blob storage, ZRS: what lies there", INFRACOST);
/// A call to the vault's key.
pub const VAULT: Price = Price::of(0.15, 1e4, "calls", "Key Vault, RSA with 3,072 bits", INFRACOST);
/// A gigabyte of log.
pub const LOG: Price = Price::of(2.30, 1.0, "GB", "Log Analytics", INFRACOST).after(5.0);
/// An alert that asks the log every quarter of an hour.
pub const ALERT: Price = Price::of(0.50, 1.0, "month", "alert that asks the log each 15 minutes", UNCHECKED);
/// Front Door itself, without its traffic.
pub const FRONT_DOOR: Price =
    Price::of(35.0, 1.0, "month", "Front Door Standard, without its traffic", CDNSUN);

/// All of them.
const ALL: [&Price; 12] = [
    &ENDPOINT,
    &ZONE,
    &GIB_SECOND,
    &EXECUTION,
    &QUEUE,
    &BLOB_WRITE,
    &BLOB_READ,
    &STORED,
    &VAULT,
    &LOG,
    &ALERT,
    &FRONT_DOOR,
];

/// All prices as a table of Markdown.
///
/// # Errors
/// Never: the text only grows.
pub fn write(text: &mut impl Write) -> Result {
    writeln!(text, "| what | USD | for | free a month | read in |\n| --- | ---: | --- | ---: | --- |")?;
    for Price { what, dollars, amount, unit, free, source } in ALL {
        let unit = if *amount == 1.0 { (*unit).to_owned() } else { format!("{amount} {unit}") };
        let free = if *free == 0.0 { String::new() } else { free.to_string() };
        writeln!(text, "| {what} | {dollars} | {unit} | {free} | {source} |")?;
    }
    Ok(())
}
