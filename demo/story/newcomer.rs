//! A company that has not heard of Wheelhouse yet, and its administrator in front of a browser.

use anyhow::{Context, Result, ensure};
use demo::Stage;
use demo::api::field;
use demo::browser::{Browser, Page};
use demo::directory::Cast;
use demo::stage::hub_config;
use demo::truth::{expected_of, in_mailbox};
use serde_json::Value;
use simulator::{Company, Tenant, fill_company, give_mailboxes};
use url::Url;
use uuid::Uuid;

use crate::tell::Teller;

/// How many people it has, and how many of them have a mailbox.
const PEOPLE: usize = 12;
const MAILBOXES: usize = 4;

/// The company.
pub struct Newcomer {
    /// Its tenant.
    pub tenant: Tenant,
    cast: Cast,
    admin: Uuid,
    browser: Browser,
    door: Url,
}

impl Newcomer {
    /// Founds it, with an administrator who may also administer Wheelhouse.
    pub fn found(stage: &Stage, seed: u64) -> Result<Self> {
        let door = stage.door.as_ref().context("nobody can sign in")?.url.clone();
        let tenant = stage.simulator.add_tenant();
        let company = Company { people: PEOPLE, seed, ..Company::default() };
        let people = fill_company(&tenant, &company)?.people;
        let mailbox_group = give_mailboxes(&tenant, &people, MAILBOXES)?;
        let owners = people.iter().take(MAILBOXES).copied().collect();
        let admin = *people.last().context("the company is empty")?;
        tenant.unconsent();
        tenant.set_admin(admin);
        tenant.assign_role(admin, "Administrator");
        let cast = Cast { people, owners, mailbox_group, outside_list: None };
        Ok(Self { tenant, cast, admin, browser: Browser::new()?, door })
    }

    /// Goes from the first page through sign-in and Microsoft's page to the page at the end, as in any browser.
    pub async fn agree(&self) -> Result<()> {
        let first = self.browser.open(&self.door.join("consent/start")?).await?;
        let first = match first.link("/consent/sign-in") {
            Ok(sign_in) => {
                let picker = self.browser.open(&sign_in).await?;
                self.press(&picker, "sign-in").await?
            }
            Err(_) => first,
        };
        let form = first.form_with(&[("csrf", "")])?;
        let sent = self.browser.submit(&first, &form, &[("mode", "all")]).await?;
        let microsoft = self.browser.follow(sent).await?;
        let end = self.press(&microsoft, "accept").await?;
        let path = end.url.path();
        ensure!(path == "/consent/connected", "consent ended at {path} with {}: {}", end.status, end.text);
        Ok(())
    }

    /// Makes a hub and starts a run, by the session of the browser; the run's id.
    pub async fn start(&self, hub: &str) -> Result<String> {
        let address = format!("api/tenants/{}/hubs/{hub}", self.tenant.tenant_id());
        self.call("PUT", &address, &hub_config(self.cast.mailbox_group, &[])).await?;
        let started = self.call("POST", &format!("{address}/run"), &Value::Null).await?;
        field(&started, "run").as_str().map(str::to_owned).context("the API named no run")
    }

    /// How many contacts all its mailboxes should hold together.
    pub fn wanted(&self) -> usize {
        expected_of(&self.tenant, &self.cast).len() * MAILBOXES
    }

    /// Counts every difference between what its mailboxes should hold and what they hold.
    pub fn mismatches(&self) -> usize {
        let expected = expected_of(&self.tenant, &self.cast);
        self.cast.owners.iter().map(|owner| in_mailbox(&self.tenant, *owner, &expected)).sum()
    }

    async fn press(&self, page: &Page, answer: &str) -> Result<Page> {
        let form = page.form_with(&[("person", &self.admin.to_string()), ("answer", answer)])?;
        let sent = self.browser.submit(page, &form, &[("answer", answer)]).await?;
        self.browser.follow(sent).await
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let (_, me) = self.browser.call("GET", &self.door.join("api/me")?, "", &Value::Null).await?;
        let csrf = field(&me, "csrf").as_str().unwrap_or_default();
        let (status, answer) = self.browser.call(method, &self.door.join(path)?, csrf, body).await?;
        ensure!(status < 300, "{method} {path} answered {status}: {answer}");
        Ok(answer)
    }
}

/// Asks whoever watches to play the third act themselves, in a browser or with curl.
pub fn invite(stage: &Stage, teller: &Teller) -> Result<()> {
    let Newcomer { tenant, door, .. } = Newcomer::found(stage, 4)?;
    let (id, control) = (tenant.tenant_id(), stage.simulator.control_url());
    teller.line(&format!(
        "\nYour turn: tenant {id} has not agreed yet. Open {door}consent/start, sign in as its administrator (one of those\n\
         whom the page calls so), and agree. To take it back, then agree anew:\n  \
         curl {control} -d '{{\"do\": \"set-standing\", \"tenant\": \"{id}\", \"standing\": \"missing\"}}'\n\
         With curl: curl -L -b jar -c jar {door}consent/start, then follow the links and send the forms.",
    ));
    Ok(())
}
