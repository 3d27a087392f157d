//! A consent that ends: told apart by how it did, nothing is tried in vain, and what is granted anew goes on without duplicates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::time::Duration;

use chrono::DateTime;
use connectors::graph::login::DIRECTORY_ROLES;
use serde_json::{Value, json};
use simulator::{MailboxState, Standing};
use stage::World;
use sync::TenantId;
use uuid::Uuid;
use wheelhouse::tables::{Consent, Mode, Suspension, Tables, Tenant, Withdrawn, change};

const HOUR: Duration = Duration::from_secs(3600);
/// After so long a token no longer counts as new.
const A_WHILE: Duration = Duration::from_secs(301);

/// The permissions of a consent to all mailboxes.
const ALL: [&str; 5] = [
    "User.Read.All",
    "OrgContact.Read.All",
    "GroupMember.Read.All",
    "Contacts.ReadWrite",
    "Calendars.ReadWrite",
];

/// A change of the directory that concerns every mailbox.
fn change_somebody(world: &World, title: &str) {
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": title })).unwrap();
}

async fn suspension(world: &World) -> Value {
    world.get(&world.tenant()).await["suspended"].clone()
}

/// Whatever the timer and the queues do: nobody is asked and nothing is sent.
async fn assert_rests(world: &World) {
    world.simulator.reset_counts();
    for _ in 0..3 {
        world.clock.advance(2 * HOUR);
        world.fire("schedule").await;
        world.settle().await;
    }
    let counts = world.simulator.counts();
    assert_eq!((counts.token_calls, counts.http_calls), (0, 0), "nothing is tried in vain");
}

/// The tenant grants everything again: what rested goes on, and nothing is written twice.
async fn assert_resumes(world: &World) {
    world.simulator.reset_counts();
    world.call("PUT", &world.tenant(), &json!({})).await.1.unwrap();
    world.settle().await;
    world.assert_right();
    let writes = world.simulator.counts().writes;
    assert_eq!((writes.contact_creates, writes.contact_deletes), (0, 0), "no duplicates");
    assert_eq!(suspension(world).await, Value::Null);
    let run = world.run().await;
    assert_eq!(
        (world.simulator.counts().writes.total(), run["tally"]["failed"].as_u64()),
        (0, Some(0)),
        "{run}"
    );
    assert_eq!(world.host.failures.lock().unwrap().as_slice(), [""; 0]);
}

#[tokio::test]
async fn each_end_of_a_consent_is_told_apart_and_rests_until_it_is_mended() {
    let disabled = || (Standing::Disabled, false);
    let ends =
        [(Standing::Missing, false), (Standing::Unknown, false), disabled(), (Standing::Consented, true)];
    let mut said = Vec::new();
    for (nth, (standing, gone)) in ends.into_iter().enumerate() {
        let world = World::filled(8, 3).await;
        world.simulator.set_standing(standing);
        world.simulator.tenant().set_gone(gone);
        change_somebody(&world, &format!("Pilot {nth}"));
        world.clock.advance(HOUR);
        world.simulator.reset_counts();
        world.fire("schedule").await;
        world.settle().await;
        assert_eq!(world.simulator.counts().token_calls, 1, "one run, one refusal");
        assert_eq!(world.simulator.counts().graph_requests, 0);
        let suspended = suspension(&world).await;
        let simulator = &world.simulator;
        let shown = [(simulator.tenant_id(), "{tenant}"), (simulator.login_url(), "{login}")];
        let shown = [shown.as_slice(), &[(simulator.tenant().client_id(), "{app}")]].concat();
        let text = |name: &str| {
            let text = suspended[name].as_str().unwrap().to_owned();
            shown.iter().fold(text, |text, (is, stands)| text.replace(is, stands))
        };
        said.push(format!("{}: {}", text("why"), text("reason")));
        assert_rests(&world).await;
        let (status, refused) = world.call("POST", &format!("{}/run", world.hub()), &Value::Null).await;
        assert_eq!(status, 409, "{refused:?}");
        world.simulator.set_standing(Standing::Consented);
        world.simulator.tenant().set_gone(false);
        assert_resumes(&world).await;
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    consent: AADSTS7000229: the tenant has no enterprise application of this service: consent anew at {login}/{tenant}/adminconsent?client_id={app}, and connect the tenant again (PUT /api/tenants/{tenant})
    consent: AADSTS700016: the tenant has no enterprise application of this service: consent anew at {login}/{tenant}/adminconsent?client_id={app}, and connect the tenant again (PUT /api/tenants/{tenant})
    disabled: AADSTS7000112: the enterprise application is disabled: set "Enabled for users to sign in" in its properties in the Entra portal, and connect the tenant again (PUT /api/tenants/{tenant})
    tenant: AADSTS90002: Entra knows no such tenant any more: if it was deleted for good, its data goes by DELETE /api/tenants/{tenant}; if it is back, connect the tenant again (PUT /api/tenants/{tenant})
    "#);
}

#[tokio::test]
async fn a_permission_that_was_taken_away_suspends_the_next_run_by_hand() {
    let world = World::filled(8, 3).await;
    world.simulator.set_roles(&["User.Read.All", "OrgContact.Read.All", "GroupMember.Read.All"]);
    change_somebody(&world, "Pilot");
    world.clock.advance(A_WHILE);
    let run = world.run().await;
    assert_eq!(world.simulator.counts().graph_requests, 0, "the token that is held would still be good");
    insta::assert_snapshot!(run["problems"][0].as_str().unwrap().replace(&world.simulator.tenant_id(), "{tenant}"), @"the tenant is suspended: the token lacks the role Contacts.ReadWrite: a permission was taken away: grant it in the Entra portal, and connect the tenant again (PUT /api/tenants/{tenant})");
    assert_eq!(suspension(&world).await["why"], "permission");
    assert_rests(&world).await;
    world.simulator.set_roles(&ALL);
    assert_resumes(&world).await;
}

#[tokio::test]
async fn what_graph_forbids_at_a_mailbox_is_that_mailbox_or_the_tenants_consent() {
    let world = World::filled(8, 3).await;
    world.simulator.set_token_seconds(7200);
    let forbid = |world: &World| {
        for owner in &world.cast.owners {
            world.simulator.set_mailbox_state(*owner, MailboxState::AccessDenied);
        }
    };
    // One mailbox is out of reach, and the tenant grants what it did.
    world.simulator.set_mailbox_state(world.cast.owners[1], MailboxState::AccessDenied);
    change_somebody(&world, "Pilot");
    world.clock.advance(A_WHILE);
    let run = world.run().await;
    assert_eq!(world.states(&run), ["done", "quarantined", "done"], "{run}");
    assert_eq!(suspension(&world).await, Value::Null);

    // All are, because a permission was taken away: nobody is left alone for a day on that account.
    world.clock.advance(2 * HOUR);
    world.fire("schedule").await;
    world.settle().await;
    forbid(&world);
    world.simulator.set_roles(&ALL[..3]);
    change_somebody(&world, "Captain");
    world.clock.advance(HOUR);
    world.fire("schedule").await;
    world.simulator.reset_counts();
    world.settle().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
    assert_eq!(suspension(&world).await["why"], "permission");
    assert_rests(&world).await;
    world.simulator.set_roles(&ALL);
    for owner in &world.cast.owners {
        world.simulator.set_mailbox_state(*owner, MailboxState::Ok);
    }
    assert_resumes(&world).await;
}

/// Changes the tenant's record behind the program's back.
async fn note(world: &World, how: impl Fn(&mut Tenant) + Send + Sync) {
    let tenant = TenantId::new(world.simulator.tenant_id()).unwrap();
    change(&world.app.tables.tenants, &Tables::tenant_key(&tenant), |record: &mut Tenant| how(record))
        .await
        .unwrap();
}

#[tokio::test]
async fn messages_on_their_way_to_a_suspended_tenant_come_to_rest() {
    let world = World::filled(8, 3).await;
    change_somebody(&world, "Pilot");
    let started = world.post(&format!("{}/run", world.hub())).await;
    assert_eq!(world.round().await, 1, "gathered; the mailboxes wait");
    let why =
        Suspension { why: Withdrawn::Disabled, since: DateTime::UNIX_EPOCH, reason: "AADSTS7000112".into() };
    note(&world, |tenant| tenant.suspended = Some(why.clone())).await;
    world.simulator.reset_counts();
    world.settle().await;
    assert_eq!(world.simulator.counts().http_calls, 0);
    let run = world.progress(&started["run"]).await;
    assert_eq!(world.states(&run), ["left", "left", "left"], "{run}");
    assert_eq!(world.outcome(&run, 0)["reason"], "the tenant is suspended: AADSTS7000112");
    assert_eq!(world.dead_letters().await, [""; 0]);
    assert_resumes(&world).await;
}

#[tokio::test]
async fn a_tenant_of_another_region_is_refused_everywhere() {
    let world = World::filled(8, 3).await;
    change_somebody(&world, "Pilot");
    world.clock.advance(HOUR);
    world.fire("schedule").await;
    assert_eq!(world.waiting().await, 1);
    note(&world, |tenant| tenant.region = "us".to_owned()).await;
    world.simulator.reset_counts();
    world.settle().await;
    world.clock.advance(HOUR);
    world.fire("schedule").await;
    assert_eq!(world.waiting().await, 0);
    for (method, path) in
        [("GET", world.tenant()), ("PUT", world.tenant()), ("POST", format!("{}/run", world.hub()))]
    {
        let (status, refused) = world.call(method, &path, &Value::Null).await;
        assert_eq!(status, 421, "{method} {path}");
        let refused = refused.unwrap_err();
        assert_eq!(
            refused["error"],
            "the tenant's data may lie in the region us only: go to its own deployment"
        );
    }
    assert_eq!(world.simulator.counts().http_calls, 0);
    note(&world, |tenant| tenant.region = "local".to_owned()).await;
    let letters = world.dead_letters().await;
    assert_eq!(
        letters,
        ["gather: the tenant's data may lie in the region us only: go to its own deployment"]
    );
    world.run().await;
    world.assert_right();
}

/// A tenant that granted the directory, and in Exchange the mailboxes of some owners.
async fn scoped(world: &World, owners: &[Uuid]) {
    let permissions = DIRECTORY_ROLES.map(str::to_owned).into();
    let consent = Consent {
        mode: Mode::Scoped,
        permissions,
        by: Uuid::from_u128(1),
        at: DateTime::UNIX_EPOCH,
        text: 1,
        service_principal: Uuid::from_u128(2),
    };
    note(world, |tenant| tenant.consent = Some(consent.clone())).await;
    let tenant = world.simulator.tenant();
    tenant.unconsent();
    tenant.set_standing_of(simulator::App::Scoped, Standing::Consented);
    tenant.set_roles_of(simulator::App::Scoped, &DIRECTORY_ROLES);
    tenant.scope(Some(owners));
}

#[tokio::test]
async fn a_scoped_tenant_is_served_in_the_mailboxes_that_it_named() {
    let world = World::of(8, 3).await;
    let owners = world.cast.owners.clone();
    scoped(&world, &owners[..2]).await;
    world.configure(&world.config()).await;
    let run = world.run().await;
    assert_eq!(world.states(&run), ["done", "done", "quarantined"], "{run}");
    assert_eq!(
        suspension(&world).await,
        Value::Null,
        "a token without Contacts.ReadWrite is what was granted"
    );
    let ids: Vec<_> = owners.iter().map(Uuid::to_string).chain([Uuid::from_u128(7).to_string()]).collect();
    let reach = world.call("POST", &format!("{}/reach", world.tenant()), &json!({ "mailboxes": ids })).await;
    let reach = reach.1.unwrap();
    let reached = |nth: usize| [reach[nth]["contacts"].clone(), reach[nth]["calendars"].clone()];
    assert_eq!(reached(0), ["reached", "reached"]);
    assert_eq!(reached(2), ["refused", "refused"]);
    assert_eq!(reached(3), ["noMailbox", "noMailbox"]);

    // The scope is widened: the next run by hand visits the mailbox that was left alone.
    world.simulator.tenant().scope(Some(&owners));
    world.run().await;
    world.assert_right();
    // What the directory needs is taken away.
    world.simulator.tenant().set_roles_of(simulator::App::Scoped, &DIRECTORY_ROLES[..2]);
    world.clock.advance(A_WHILE);
    world.run().await;
    assert_eq!(suspension(&world).await["why"], "permission");
}
