//! A Wheelhouse behind a port, with a public address: people come with browsers and sign in.

use demo::browser::{Browser, Page};
use serde_json::{Value, json};
use simulator::Tenant;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;
use uuid::Uuid;

use super::World;

/// A world, and the door to it.
pub struct Street {
    pub world: World,
    /// Where it is reached.
    pub url: Url,
    /// An administrator of the tenant, who is an `Administrator` here, too.
    pub admin: Uuid,
    server: JoinHandle<()>,
}

impl Drop for Street {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Street {
    /// A tenant that never heard of the application, with so many people and mailboxes.
    pub async fn of(people: usize, mailboxes: usize, more: &[(&str, String)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let home = "5f2b7c1e-9d34-4a7e-8c61-2f0d9b6e4a10".to_owned();
        let public = [("WHEELHOUSE_PUBLIC_URL", url.to_string()), ("WHEELHOUSE_HOME_TENANT", home)];
        let world = World::unconnected(people, mailboxes, &[&public, more].concat()).await;
        for path in ["consent/callback", "sign-in/callback"] {
            world.simulator.register_redirect(url.join(path).unwrap());
        }
        world.simulator.unconsent();
        let admin = *world.cast.people.last().unwrap();
        world.simulator.set_admin(admin);
        world.simulator.assign_role(admin, "Administrator");
        let router = world.router.clone();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, url, admin, server }
    }

    /// An address here.
    pub fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }

    /// A browser in which this person has signed in, on the way that the first page shows.
    pub async fn browser_of(&self, person: Uuid) -> Browser {
        let browser = Browser::new().unwrap();
        self.sign_in(&browser, person).await;
        browser
    }

    /// Signs a person in; the page to which that led.
    pub async fn sign_in(&self, browser: &Browser, person: Uuid) -> Page {
        let start = browser.open(&self.at("consent/start")).await.unwrap();
        let picker = browser.open(&start.link("/consent/sign-in").unwrap()).await.unwrap();
        pick(browser, &picker, person, "sign-in").await
    }

    /// Chooses a mode on the first page; Microsoft's page.
    pub async fn choose(&self, browser: &Browser, mode: &str) -> Page {
        let start = browser.open(&self.at("consent/start")).await.unwrap();
        let form = start.form_with(&[("csrf", "")]).unwrap();
        let sent = browser.submit(&start, &form, &[("mode", mode)]).await.unwrap();
        browser.follow(sent).await.unwrap()
    }

    /// Agrees as the administrator, up to the address that Microsoft's page sends the browser back to.
    pub async fn agree(&self, browser: &Browser, mode: &str) -> Url {
        let page = self.choose(browser, mode).await;
        let form = page.form_with(&[("person", &self.admin.to_string()), ("answer", "accept")]).unwrap();
        let answer = browser.submit(&page, &form, &[("answer", "accept")]).await.unwrap();
        answer.next.unwrap()
    }

    /// Agrees and comes back: the page at the end.
    pub async fn consent(&self, browser: &Browser, mode: &str) -> Page {
        let back = self.agree(browser, mode).await;
        browser.open(&back).await.unwrap()
    }

    /// The tenant's record; null if it is not connected.
    pub async fn record(&self) -> Value {
        record(&self.world, &self.world.simulator.tenant()).await
    }

    /// Calls the API by the session of a browser; what went wrong is an error.
    pub async fn call(
        &self,
        browser: &Browser,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, Value> {
        let me = browser.call("GET", &self.at("api/me"), "", &Value::Null).await.unwrap().1;
        let csrf = me["csrf"].as_str().unwrap_or_default();
        let (status, answer) = browser.call(method, &self.at(path), csrf, body).await.unwrap();
        if status < 300 { Ok(answer) } else { Err(json!({ "status": status, "answer": answer })) }
    }

    /// Runs the hub by the session of a browser until nothing is left to do; the run as the API shows it.
    pub async fn run(&self, browser: &Browser) -> Value {
        self.world.simulator.reset_counts();
        let started = self.call(browser, "POST", &format!("{}/run", self.world.hub()), &Value::Null).await;
        self.world.settle().await;
        let run = started.unwrap()["run"].as_str().unwrap().to_owned();
        self.call(browser, "GET", &format!("{}/runs/{run}", self.world.hub()), &Value::Null).await.unwrap()
    }
}

/// Picks a person on one of Microsoft's pages and goes where that leads.
pub async fn pick(browser: &Browser, page: &Page, person: Uuid, answer: &str) -> Page {
    let form = page.form_with(&[("person", &person.to_string()), ("answer", answer)]).unwrap();
    let sent = browser.submit(page, &form, &[("answer", answer)]).await.unwrap();
    browser.follow(sent).await.unwrap()
}

/// A tenant's record; null if it is not connected.
pub async fn record(world: &World, tenant: &Tenant) -> Value {
    let key = format!("tenants/{}/tenant", tenant.tenant_id());
    let row = world.app.tables.tenants.get(&key).await.unwrap();
    row.map_or(Value::Null, |row| serde_json::to_value(row.record).unwrap())
}
