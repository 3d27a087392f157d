//! The simulated tenant's remote control.

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde::de::DeserializeOwned;
use simulator::Command;

/// Commands a simulator in another process.
pub struct Control {
    http: Client,
    url: String,
}

impl Control {
    /// Commands the one at this address.
    pub fn new(http: Client, url: String) -> Self {
        Control { http, url }
    }

    /// Runs one command; its result is what the method of its name returns.
    pub async fn run<T: DeserializeOwned>(&self, command: &Command) -> Result<T> {
        let answer = self.http.post(&self.url).json(command).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "the simulator refused: {text}");
        serde_json::from_str(&text).context("the simulator's answer")
    }
}
