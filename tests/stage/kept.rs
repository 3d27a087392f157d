//! What is kept of people, and what can be asked for them.

use serde_json::Value;
use uuid::Uuid;

use super::{FOLDER, World};

impl World {
    /// The path of what can be asked for people.
    pub fn privacy(&self) -> String {
        format!("{}/privacy", self.tenant())
    }

    /// Asks for something; the answer is the request's id.
    pub async fn begin(&self, what: &str, body: Value) -> Value {
        let (status, asked) = self.call("POST", &format!("{}/{what}", self.privacy()), &body).await;
        let asked = asked.unwrap();
        assert_eq!(status, 202, "{asked}");
        asked["request"].clone()
    }

    /// Asks for something and waits for its end; the answer is the request.
    pub async fn ask(&self, what: &str, body: Value) -> Value {
        let id = self.begin(what, body).await;
        self.settle().await;
        self.request(&id).await
    }

    pub async fn request(&self, id: &Value) -> Value {
        self.get(&format!("{}/requests/{}", self.privacy(), id.as_str().unwrap())).await
    }

    /// Every value of the tenant, opened: what follows the tenant's id in the key, and JSON.
    pub async fn values(&self) -> Vec<(String, String)> {
        let prefix = format!("tenants/{}/", self.simulator.tenant_id());
        let mut values = Vec::new();
        for name in self.app.tables.names(&prefix).await.unwrap().into_iter().filter(|name| name != "key") {
            let record = self.app.sealed.get_any(&format!("{prefix}{name}")).await.unwrap().unwrap();
            values.push((name, String::from_utf8(record.json).unwrap()));
        }
        values
    }

    /// Where one of these still stands, in a key or a value, but for the list that keeps somebody out.
    pub async fn still_named(&self, names: &[String]) -> Vec<String> {
        let is_named =
            |text: &str| names.iter().any(|name| text.to_lowercase().contains(&name.to_lowercase()));
        let values = self.values().await.into_iter();
        let kept = values.filter(|(key, _)| key != "erased");
        kept.filter(|(key, json)| is_named(key) || is_named(json))
            .map(|(key, json)| format!("{key}: {json}"))
            .collect()
    }

    /// Someone with everything that stands for them.
    pub fn names(&self, person: Uuid) -> Vec<String> {
        let own = ["displayName", "mail", "mobilePhone"].map(|name| self.person(person, name));
        own.into_iter().filter(|name| !name.is_empty()).chain([person.to_string()]).collect()
    }

    /// How many contacts of this name each owner has in the managed folder.
    pub fn copies(&self, name: &str) -> Vec<usize> {
        let of = |nth| self.contacts(nth, FOLDER).iter().filter(|one| one["displayName"] == name).count();
        (0..self.cast.owners.len()).map(of).collect()
    }
}
