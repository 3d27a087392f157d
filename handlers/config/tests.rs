use super::*;

const LOCAL: [(&str, &str); 4] = [
    ("WHEELHOUSE_PLATFORM", "embedded"),
    ("WHEELHOUSE_DATA_FOLDER", "/var/lib/wheelhouse"),
    ("WHEELHOUSE_IDENTITY", "developer"),
    ("WHEELHOUSE_APP_CLIENT_ID", "7a1c9e50-3b64-4f0e-9d55-0c2f8f6b1a11"),
];

const CLOUD: [(&str, &str); 11] = [
    ("IDENTITY_ENDPOINT", "http://127.0.0.1:41234/msi/token"),
    ("IDENTITY_HEADER", "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"),
    ("WHEELHOUSE_PLATFORM", "azure"),
    ("WHEELHOUSE_BLOB_URL", "https://data.blob.core.windows.net"),
    ("WHEELHOUSE_QUEUE_URL", "https://data.queue.core.windows.net"),
    ("WHEELHOUSE_VAULT_URL", "https://keys.vault.azure.net"),
    ("WHEELHOUSE_PUBLIC_URL", "https://wheelhouse.example"),
    ("WHEELHOUSE_HOME_TENANT", "3b1c9e50-3b64-4f0e-9d55-0c2f8f6b1a11"),
    ("WHEELHOUSE_REGION", "eu"),
    ("WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID", "0f0f9e50-3b64-4f0e-9d55-0c2f8f6b1a11"),
    ("WHEELHOUSE_APP_CLIENT_ID", "7a1c9e50-3b64-4f0e-9d55-0c2f8f6b1a11"),
];

fn read(vars: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_vars(vars.iter().map(|(name, value)| (name.into(), value.into())))
}

/// The refusals, one a line, after some variables are set on top of others.
fn refusals(vars: &[(&str, &str)], more: &[(&str, &str)]) -> String {
    let all: std::collections::BTreeMap<_, _> = vars.iter().chain(more).copied().collect();
    let error = read(&all.into_iter().collect::<Vec<_>>()).unwrap_err();
    error.refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_least_for_a_laptop() {
    let settings = read(&LOCAL).unwrap();
    let platform = Platform::Embedded {
        data_folder: "/var/lib/wheelhouse".into(),
        key_folder: "/var/lib/wheelhouse".into(),
    };
    assert_eq!(
        (settings.platform, settings.identity, settings.public),
        (platform, Identity::Developer, None)
    );
    assert_eq!(settings.cloud.graph_url.as_str(), "https://graph.microsoft.com/");
    assert_eq!(settings.cloud.login_url.as_str(), "https://login.microsoftonline.com/");
    assert_eq!((settings.read_lag.as_secs(), settings.portion_time.as_secs()), (120, 60));
    assert_eq!(
        (settings.http.body_bytes, settings.http.timeout.as_secs(), settings.http.lanes),
        (1_048_576, 60, 256)
    );
}

#[test]
fn the_least_for_azure() {
    let settings = read(&CLOUD).unwrap();
    assert!(matches!(settings.platform, Platform::Azure { .. }));
    assert!(matches!(settings.identity, Identity::Managed { .. }));
    assert_eq!(settings.public.unwrap().url.as_str(), "https://wheelhouse.example/");
    assert_eq!(settings.residency.region, "eu");
}

#[test]
fn an_empty_environment_is_told_all_it_lacks() {
    insta::assert_snapshot!(refusals(&[], &[]), @r"
    WHEELHOUSE_PLATFORM is not set: set it to embedded or azure
    WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID is not set: copy it from the portal: 00000000-0000-…, 36 characters
    IDENTITY_ENDPOINT is not set: assign the managed identity to the app; the platform sets it then
    IDENTITY_HEADER is not set: assign the managed identity to the app; the platform sets it then
    WHEELHOUSE_APP_CLIENT_ID is not set: copy it from the portal: 00000000-0000-…, 36 characters
    ");
}

#[test]
fn a_typing_error_is_not_a_silent_default() {
    insta::assert_snapshot!(refusals(&LOCAL, &[("WHEELHOUSE_READLAG", "5"), ("WHEELHOUSE_BLOB_URL", "https://x.example")]), @r"
    WHEELHOUSE_BLOB_URL is not a setting here: mind the spelling, or remove it: it is unknown, or not used with the chosen platform or identity
    WHEELHOUSE_READLAG is not a setting here: mind the spelling, or remove it: it is unknown, or not used with the chosen platform or identity
    ");
}

#[test]
fn every_refusal_names_variable_problem_and_fix() {
    let wrong = [
        ("WHEELHOUSE_DATA_FOLDER", "data"),
        ("WHEELHOUSE_IDENTITY", "me"),
        ("WHEELHOUSE_APP_CLIENT_ID", "7a1c9e503b644f0e9d550c2f8f6b1a11"),
        ("WHEELHOUSE_GRAPH_URL", "graph.microsoft.com"),
        ("WHEELHOUSE_LOGIN_URL", "http://login.microsoftonline.com"),
        ("WHEELHOUSE_TOKEN_AUDIENCE", "two words"),
        ("WHEELHOUSE_PUBLIC_URL", "https://wheelhouse.example/api"),
        ("WHEELHOUSE_REGION", "EU"),
        ("WHEELHOUSE_STAMPS", "us"),
        ("WHEELHOUSE_READ_LAG_SECONDS", "-1"),
        ("WHEELHOUSE_HTTP_LANES", "1001"),
    ];
    insta::assert_snapshot!(refusals(&LOCAL, &wrong), @r"
    WHEELHOUSE_DATA_FOLDER is a relative path: give the whole path, from /
    WHEELHOUSE_IDENTITY is none of its choices: set it to managed-identity or developer
    WHEELHOUSE_APP_CLIENT_ID is not a client id: copy it from the portal: 00000000-0000-…, 36 characters
    WHEELHOUSE_GRAPH_URL is not a URL: give the whole address, beginning with https://
    WHEELHOUSE_LOGIN_URL is not https: use https:// (http:// is for loopback addresses only)
    WHEELHOUSE_TOKEN_AUDIENCE holds blanks or odd characters: remove them
    WHEELHOUSE_PUBLIC_URL has a path: give scheme and host alone
    WHEELHOUSE_REGION is no region class: write something like eu or us
    WHEELHOUSE_STAMPS is no list of stamps: write us=https://us.example.com,uk=https://uk.example.com
    WHEELHOUSE_READ_LAG_SECONDS is not a whole number: set it to 0 to 3600
    WHEELHOUSE_HTTP_LANES is out of bounds: set it to 1 to 1000
    ");
}

#[test]
fn a_storage_url_holds_no_sign_in() {
    let shown =
        refusals(&CLOUD, &[("WHEELHOUSE_BLOB_URL", "https://data.blob.core.windows.net/?sig=secret")]);
    assert!(shown.starts_with("WHEELHOUSE_BLOB_URL holds a sign-in, a query or a fragment"), "{shown}");
    assert!(!shown.contains("secret"));
}

#[test]
fn a_simulator_on_loopback_needs_no_tls() {
    for url in ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080"] {
        let vars: Vec<_> = LOCAL.into_iter().chain([("WHEELHOUSE_GRAPH_URL", url)]).collect();
        assert!(read(&vars).is_ok(), "{url}");
    }
}

#[test]
fn other_stamps_are_named_by_their_region() {
    let vars: Vec<_> = CLOUD.into_iter().chain([("WHEELHOUSE_STAMPS", "us=https://us.example")]).collect();
    assert_eq!(read(&vars).unwrap().residency.stamps["us"].as_str(), "https://us.example/");
}

#[test]
fn empty_means_not_set_and_other_variables_are_nobodys_business() {
    let vars: Vec<_> = LOCAL.into_iter().chain([("WHEELHOUSE_GRAPH_URL", ""), ("PATH", "/bin")]).collect();
    assert_eq!(read(&vars), read(&LOCAL));
}

#[test]
fn the_table_names_every_variable_that_is_read() {
    let source = include_str!("../config.rs");
    let table: Vec<_> = source.lines().filter_map(|line| line.strip_prefix("/// | `WHEELHOUSE_")).collect();
    let reads = source.split("vars.").skip(1).filter_map(|call| {
        let (method, rest) = call.split_once("(\"")?;
        ["required", "optional", "or"].contains(&method).then(|| rest.split('"').next().unwrap())
    });
    let mut read: Vec<_> = reads.collect();
    read.sort_unstable();
    read.dedup();
    assert_eq!(read.len(), table.len(), "{read:?}");
    for name in read {
        assert!(table.iter().any(|row| row.starts_with(&format!("{name}`"))), "{name}");
    }
}
