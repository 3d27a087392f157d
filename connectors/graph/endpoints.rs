//! Where Entra ID and Graph are: one pair of addresses per cloud.

use url::{Host, Url};

use super::error::{Error, Kind};

/// The base addresses of one cloud.
///
/// <https://learn.microsoft.com/graph/deployments>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    login: Url,
    graph: Url,
    audience: &'static str,
}

/// Who the managed identity's token is for when it serves as an assertion.
const AUDIENCE: &str = "api://AzureADTokenExchange";

impl Endpoints {
    /// The worldwide cloud, also for GCC.
    pub fn worldwide() -> Result<Self, Error> {
        Self::new("https://login.microsoftonline.com", "https://graph.microsoft.com")
    }

    /// GCC High of the US government.
    pub fn gcc_high() -> Result<Self, Error> {
        Self::new("https://login.microsoftonline.us", "https://graph.microsoft.us")
    }

    /// The US Department of Defense.
    pub fn dod() -> Result<Self, Error> {
        Self::new("https://login.microsoftonline.us", "https://dod-graph.microsoft.us")
    }

    /// China, run by 21Vianet.
    pub fn china() -> Result<Self, Error> {
        Self::new("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn")
    }

    /// The addresses given, without the version (`/v1.0`).
    ///
    /// Fails with [`Kind::Refused`] if one is not an `https` address (plain `http` only to a loopback address).
    pub fn new(login: &str, graph: &str) -> Result<Self, Error> {
        let (login, graph) = (base("login URL", login)?, base("Graph URL", graph)?);
        let audience = match login.host_str().and_then(|host| host.rsplit('.').next()) {
            Some("us") => "api://AzureADTokenExchangeUSGov",
            Some("cn") => "api://AzureADTokenExchangeChina",
            _ => AUDIENCE,
        };
        Ok(Endpoints { login, graph, audience })
    }

    /// The token endpoint of a tenant.
    pub(crate) fn token(&self, tenant: &sync::TenantId) -> String {
        format!("{}{tenant}/oauth2/v2.0/token", self.login)
    }

    /// Everything of Graph that the application was granted.
    pub(crate) fn scope(&self) -> String {
        format!("{}.default", self.graph)
    }

    /// Who the identity's assertion has to be for.
    pub fn audience(&self) -> &str {
        self.audience
    }

    /// The address of a Graph path that begins with a slash.
    pub(crate) fn graph(&self, path: &str) -> String {
        format!("{}v1.0{path}", self.graph)
    }

    /// The path below the version of a link that Graph gave, or `None` if it leads elsewhere: a link is
    /// followed with the tenant's token.
    pub(crate) fn path_of(&self, link: &str) -> Option<String> {
        let link = Url::parse(link).ok()?;
        let path = link.path().strip_prefix(self.graph.path())?.strip_prefix("v1.0")?;
        let ours = link.origin() == self.graph.origin() && path.starts_with('/');
        ours.then(|| match link.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }
}

fn base(what: &str, address: &str) -> Result<Url, Error> {
    let refuse = |why| Error::new(Kind::Refused, what, why);
    let mut url = Url::parse(address).map_err(|_| refuse("is no URL"))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(refuse("must begin with https:// (http:// only for a loopback address)")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(refuse("must not carry a user, password or query"));
    }
    let path = format!("{}/", url.path().trim_end_matches('/').trim_end_matches("/v1.0"));
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cloud_has_its_addresses() {
        let tenant = sync::TenantId::new("00000000-0000-0000-0000-000000000001").unwrap();
        for (cloud, scope, audience) in [
            (Endpoints::worldwide(), "https://graph.microsoft.com/.default", AUDIENCE),
            (Endpoints::gcc_high(), "https://graph.microsoft.us/.default", "api://AzureADTokenExchangeUSGov"),
            (Endpoints::dod(), "https://dod-graph.microsoft.us/.default", "api://AzureADTokenExchangeUSGov"),
            (
                Endpoints::china(),
                "https://microsoftgraph.chinacloudapi.cn/.default",
                "api://AzureADTokenExchangeChina",
            ),
        ] {
            let cloud = cloud.unwrap();
            assert_eq!((cloud.scope().as_str(), cloud.audience()), (scope, audience));
            assert!(
                cloud.token(&tenant).ends_with("/00000000-0000-0000-0000-000000000001/oauth2/v2.0/token")
            );
        }
    }

    #[test]
    fn an_address_must_be_https_or_loopback() {
        for bad in [
            "graph.microsoft.com",
            "http://graph.microsoft.com",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "https://user:secret@graph.microsoft.com",
            "https://graph.microsoft.com?x=1",
        ] {
            let refused = Endpoints::new("https://login.example", bad).unwrap_err();
            assert_eq!(refused.kind(), Kind::Refused, "{bad}");
            assert!(refused.to_string().starts_with("Graph URL: "));
            assert!(!refused.to_string().contains("secret"));
        }
        for good in
            ["http://127.0.0.1:80", "http://[::1]:80/", "http://localhost:1/v1.0", "https://x.example/v1.0/"]
        {
            assert!(Endpoints::new(good, good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_link_is_followed_only_within_graph() {
        let cloud = Endpoints::worldwide().unwrap();
        let link = "https://graph.microsoft.com/v1.0/users/delta?$skiptoken=a%2Fb";
        assert_eq!(cloud.path_of(link).as_deref(), Some("/users/delta?$skiptoken=a%2Fb"));
        for bad in [
            "https://evil.example/v1.0/users/delta",
            "https://graph.microsoft.com.evil.example/v1.0/users/delta",
            "https://graph.microsoft.com@evil.example/v1.0/users/delta",
            "http://graph.microsoft.com/v1.0/users/delta",
            "https://graph.microsoft.com:8443/v1.0/users/delta",
            "https://graph.microsoft.com/v1.0/../beta/users/delta",
            "https://graph.microsoft.com/v1.0/%2e%2e/beta/users",
            "https://graph.microsoft.com/beta/users/delta",
            "https://graph.microsoft.com/v1.0evil/users",
            "/v1.0/users/delta",
            "",
        ] {
            assert_eq!(cloud.path_of(bad), None, "{bad}");
        }
    }
}
