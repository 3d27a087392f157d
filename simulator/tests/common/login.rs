//! Forms at the sign-in service.

use url::Url;

use super::{Reply, World, read};

pub const EXCHANGE: &str = "api://AzureADTokenExchange";
pub const BACK: &str = "https://app.example/back";

type Pairs<'a> = [(&'a str, &'a str)];
/// A tenant in the address, changes to a request, and what comes of it.
pub type Case<'a> = (&'a str, &'a Pairs<'a>, &'a str);

/// What the managed identity gets for a resource, showing a header.
pub async fn identity(w: &World, resource: &str, header: &str) -> Reply {
    let client = w.sim.identity_client_id();
    let url =
        format!("{}?resource={resource}&api-version=2019-08-01&client_id={client}", w.sim.identity_url());
    read(w.http.get(url).header("x-identity-header", header).send().await.unwrap()).await.unwrap()
}

pub async fn assertion(w: &World, resource: &str) -> String {
    let reply = identity(w, resource, &w.sim.identity_header()).await.ok(200);
    assert!(reply.body["expires_on"].is_string());
    reply.body["access_token"].as_str().unwrap().to_owned()
}

/// A form; changes replace fields, an empty one leaves it out.
pub fn changed<'a>(mut form: Vec<(&'a str, &'a str)>, change: &Pairs<'a>) -> Vec<(&'a str, &'a str)> {
    form.retain(|(name, _)| !change.iter().any(|(changed, _)| changed == name));
    form.extend(change.iter().filter(|(_, value)| !value.is_empty()));
    form
}

/// Asks for a token of the app at a tenant's token endpoint.
pub async fn exchange(w: &World, tenant: &str, change: &Pairs<'_>) -> Reply {
    let (client, proof) = (w.sim.client_id(), assertion(w, EXCHANGE).await);
    let form = vec![
        ("client_id", client.as_str()),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", proof.as_str()),
        ("grant_type", "client_credentials"),
    ];
    post(w, &format!("/{tenant}/oauth2/v2.0/token"), &changed(form, change)).await
}

pub async fn post(w: &World, path: &str, form: &Pairs<'_>) -> Reply {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = w.http.post(format!("{}{path}", w.sim.login_url()));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    read(request.send().await.unwrap()).await.unwrap()
}

pub async fn get(w: &World, path: &str) -> Reply {
    read(w.http.get(format!("{}{path}", w.sim.login_url())).send().await.unwrap()).await.unwrap()
}

/// "401 invalid_client 700213"
pub fn verdict(reply: &Reply) -> String {
    let body = &reply.body;
    assert!(body["error_description"].as_str().unwrap().contains("\r\nCorrelation ID: "));
    format!("{} {} {}", reply.status, body["error"].as_str().unwrap(), body["error_codes"][0])
}

/// A parameter of an address' query.
pub fn query(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
