//! Stories of signing in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use connectors::Clock;
use connectors::graph::login::NEEDED_ROLES;
use connectors::graph::{Endpoints, Kind, Withdrawn};
use simulator::{Fault, FaultKind, Standing};
use sync::TenantId;

#[tokio::test]
async fn one_token_serves_all_and_is_renewed_before_its_end() {
    let world = World::new().await;
    let reader = world.reader();
    let reads = (0..10).map(|_| reader.users_delta(None));
    let rounds = futures::future::join_all(reads).await;
    assert!(rounds.iter().all(|round| round.end.is_ok()));
    assert_eq!((world.simulator.counts().token_calls, world.simulator.counts().identity_calls), (1, 1));
    world.clock.sleep(Duration::from_secs(3599 - 299)).await;
    reader.users_delta(None).await.end.unwrap();
    assert_eq!(world.simulator.counts().token_calls, 2);
}

#[tokio::test]
async fn a_token_that_graph_refuses_is_replaced_once() {
    let world = World::new().await;
    world.simulator.set_token_seconds(1000);
    world.reader().users_delta(None).await.end.unwrap();
    // Graph's clock runs ahead of ours.
    let ahead = world.simulator.clock().clone();
    let client = Arc::new(Late { behind: ahead.now(), clock: ahead.clone() });
    let late =
        connectors::graph::Graph::new(options(&world.simulator, client)).unwrap().reader(&world.tenant);
    late.users_delta(None).await.end.unwrap();
    ahead.advance(Duration::from_secs(1200));
    late.users_delta(None).await.end.unwrap();
    assert_eq!(world.simulator.counts().token_calls, 3);
}

/// A clock that stands still while the world's goes on.
struct Late {
    behind: chrono::DateTime<chrono::Utc>,
    clock: simulator::Clock,
}

#[async_trait::async_trait]
impl Clock for Late {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.behind
    }

    async fn sleep(&self, time: Duration) {
        self.clock.advance(time);
    }
}

#[tokio::test]
async fn a_tenant_that_withdraws_is_told_from_our_own_fault() {
    let world = World::new().await;
    for (standing, withdrawn) in [
        (Standing::Missing, Withdrawn::Consent),
        (Standing::Disabled, Withdrawn::Disabled),
        (Standing::Unknown, Withdrawn::Consent),
    ] {
        world.simulator.set_standing(standing);
        let refused = world.reader().users_delta(None).await.end.unwrap_err();
        assert_eq!(refused.kind(), Kind::Consent(withdrawn), "{refused}");
        assert!(!refused.may_have_happened());
    }
    let nobody = TenantId::new("00000000-0000-0000-0000-00000000dead").unwrap();
    let refused = world.graph.reader(&nobody).users_delta(None).await.end.unwrap_err();
    insta::assert_snapshot!(refused, @"sign-in at tenant 00000000-0000-0000-0000-00000000dead: AADSTS90002: the tenant is not there any more");
}

#[tokio::test]
async fn a_permission_that_was_taken_away_is_named() {
    let world = World::new().await;
    world.simulator.set_roles(&["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"]);
    let refused = world.reader().users_delta(None).await.end.unwrap_err();
    assert_eq!(refused.kind(), Kind::Consent(Withdrawn::Permission));
    assert_eq!(refused.code(), "the token lacks the role Contacts.ReadWrite");

    let (clock, endpoints) = (world.clock.clone(), endpoints(&world));
    let scoped = login(&world.simulator, &endpoints, clock, &NEEDED_ROLES[..3]);
    assert!(scoped.token(&world.tenant).await.is_ok(), "mailboxes scoped by Exchange need no such role");
}

#[tokio::test]
async fn a_sign_in_in_trouble_is_bridged_by_what_still_lives() {
    let world = World::new().await;
    let login = login(&world.simulator, &endpoints(&world), world.clock.clone(), &NEEDED_ROLES);
    let first = login.token(&world.tenant).await.unwrap();
    world.simulator.add_fault(Fault::new(FaultKind::Unavailable).path("*token"));
    world.clock.sleep(Duration::from_secs(3599 - 200)).await;
    assert_eq!(login.token(&world.tenant).await.unwrap(), first);
    world.clock.sleep(Duration::from_secs(200)).await;
    let error = login.token(&world.tenant).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Retry { .. }), "{error}");
    world.simulator.clear_faults();
    assert_ne!(login.token(&world.tenant).await.unwrap(), first);
}

#[tokio::test]
async fn whoever_waits_for_a_token_is_told_its_refusal() {
    let world = World::new().await;
    world.simulator.set_standing(Standing::Missing);
    let readers: Vec<_> = (0..20).map(|_| world.reader()).collect();
    let rounds = futures::future::join_all(readers.iter().map(|reader| reader.users_delta(None))).await;
    let consent = Kind::Consent(Withdrawn::Consent);
    assert!(rounds.iter().all(|round| round.end.as_ref().is_err_and(|error| error.kind() == consent)));
    assert_eq!(world.simulator.counts().token_calls, 1, "nothing is asked in vain");
    world.simulator.set_standing(Standing::Consented);
    world.reader().users_delta(None).await.end.unwrap();
}

#[tokio::test]
async fn a_renewed_token_shows_what_is_granted_now() {
    let world = World::new().await;
    world.reader().users_delta(None).await.end.unwrap();
    world.graph.renew(&world.tenant).await.unwrap();
    assert_eq!(world.simulator.counts().token_calls, 1, "the token is young");
    world.simulator.set_roles(&NEEDED_ROLES[..3]);
    world.reader().users_delta(None).await.end.unwrap();
    world.clock.sleep(Duration::from_secs(301)).await;
    let refused = world.graph.renew(&world.tenant).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Consent(Withdrawn::Permission));
    world.simulator.set_roles(&NEEDED_ROLES);
    world.graph.forget(&world.tenant).await;
    world.reader().users_delta(None).await.end.unwrap();
    assert_eq!(world.simulator.counts().token_calls, 3);
}

#[tokio::test]
async fn a_proof_says_whose_it_is_and_what_was_granted() {
    let world = World::new().await;
    let client = world.simulator.client_id();
    let proof = world.graph.prove(&world.tenant, &client).await.unwrap();
    assert_eq!(proof.tenant.to_string(), world.tenant.as_str());
    assert!(NEEDED_ROLES.iter().all(|role| proof.roles.contains(*role)));
    world.simulator.set_roles(&["User.Read.All"]);
    let proof = world.graph.prove(&world.tenant, &client).await.unwrap();
    assert_eq!(proof.roles, ["User.Read.All".to_owned()].into(), "nothing is held back, nothing is held");
    world.simulator.set_standing(Standing::Disabled);
    let refused = world.graph.prove(&world.tenant, &client).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Consent(Withdrawn::Disabled));
}

#[tokio::test]
async fn a_token_is_never_shown() {
    let world = World::new().await;
    let login = login(&world.simulator, &endpoints(&world), world.clock.clone(), &NEEDED_ROLES);
    let token = login.token(&world.tenant).await.unwrap();
    assert_eq!(format!("{token:?}"), "Secret");
}

fn endpoints(world: &World) -> Endpoints {
    Endpoints::new(&world.simulator.login_url(), &world.simulator.graph_url()).unwrap()
}
