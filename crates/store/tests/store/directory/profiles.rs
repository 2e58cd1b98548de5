//! Who gets which profile, and a welcome for it.

use gantry_domain::{CohortName, Profile, TenantId, UserId};
use gantry_store::{NewProfile, ProfileChange};
use serde_json::json;
use tokio::task::JoinSet;

use super::{
    ISSUER, Provider, ada, applied, changed, cohorts, doorbells, gone, notice, own_space, owner_of,
    person,
};
use crate::fixture::tenant;

fn cohort(name: &str) -> CohortName {
    name.parse().unwrap()
}

fn profile_for(email: &str) -> NewProfile {
    NewProfile {
        email: email.parse().unwrap(),
        name: None,
        cohort: cohort("beta"),
    }
}

async fn register(provider: &Provider, tenant_id: TenantId, email: &str) -> Profile {
    let scope = provider.fixture.api.tenant(tenant_id);
    let created = scope.create_profile(&profile_for(email)).await.unwrap();
    created.expect("the address is free")
}

async fn profile(provider: &Provider, before: &Profile) -> Profile {
    let scope = provider.fixture.api.tenant(tenant("acme"));
    scope.find_profile(before.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn someone_for_whom_no_profile_waits_gets_one_of_their_own_and_a_welcome() {
    let provider = Provider::new().await;
    let mut user = person("ada");
    user.verified_email = Some("Ada@Example.com".parse().unwrap());
    user.cohort = Some("beta".to_owned());
    let rung = doorbells(provider.tell(1, changed(user)).await);
    let scope = provider.fixture.api.tenant(own_space());
    let profiles = scope.list_profiles(None, 10).await.unwrap();
    assert_eq!(profiles.len(), 1);
    assert_eq!(profiles[0].user_id, Some(ada()));
    assert_eq!(profiles[0].cohort, cohort("beta"));
    assert_eq!(profiles[0].name.as_deref(), Some("Ada"));
    let job = scope.find_job(rung[0].job_id).await.unwrap().unwrap();
    assert_eq!(job.summary.kind.as_str(), "email.send");
    assert_eq!(job.summary.created_by, ada());
    // Neither a name nor an address.
    let payload = json!({"template": "welcome", "profile_id": profiles[0].id});
    assert_eq!(job.payload, payload);
    assert_eq!(
        profiles[0].email.as_ref().unwrap().as_str(),
        "Ada@Example.com"
    );
}

#[tokio::test]
async fn a_cohort_that_is_not_known_gives_the_default_one() {
    let provider = Provider::new().await;
    for (subject, said) in [("ada", Some("BETA")), ("bob", Some("")), ("eve", None)] {
        let mut user = person(subject);
        user.cohort = said.map(str::to_owned);
        provider.tell(1, changed(user)).await;
    }
    let given = provider.text("SELECT string_agg(cohort, ' ') FROM profiles");
    assert_eq!(given.await.as_deref(), Some("default default default"));
}

#[tokio::test]
async fn a_profile_that_waits_is_given_to_the_owner_of_its_address_however_it_is_spelled() {
    let provider = Provider::new().await;
    let waiting = register(&provider, tenant("acme"), "Ada.Lovelace@Example.com").await;
    let rung = provider.tell(1, owner_of("ada", "ada.lovelace@EXAMPLE.com"));
    assert_eq!(doorbells(rung.await).len(), 1);
    let linked = profile(&provider, &waiting).await;
    assert_eq!(linked.user_id, Some(ada()));
    assert_eq!(linked.cohort, cohort("beta"));
    assert!(linked.linked_at.is_some());
    assert_eq!(linked.name, None, "the tenant gave none");
    assert_eq!(provider.profiles().await, 2);
    let audited = "SELECT string_agg(concat_ws(' ', tenant_id, actor_kind, resource_id, detail->>'user_id'), '; ')
        FROM audit_events WHERE action = 'profile.linked'";
    let entry = format!("{} provider {} {}", tenant("acme"), waiting.id, ada());
    assert_eq!(provider.text(audited).await, Some(entry));
    // Further notices give nothing more.
    let again = provider.tell(2, owner_of("ada", "ada.lovelace@EXAMPLE.com"));
    assert_eq!(again.await, applied());
    assert_eq!(provider.welcome_jobs().await, 1);
}

#[tokio::test]
async fn whoever_waits_for_an_address_takes_nothing_away_from_its_owner() {
    let provider = Provider::new().await;
    for number in 0..20 {
        register(&provider, tenant(&number.to_string()), "ada@example.com").await;
    }
    let mut user = person("ada");
    user.verified_email = Some("ada@example.com".parse().unwrap());
    user.cohort = Some("beta".to_owned());
    let rung = doorbells(provider.tell(1, changed(user)).await);
    assert_eq!(rung.len(), 1);
    let linked = format!("SELECT count(*) FROM profiles WHERE user_id = '{}'", ada());
    assert_eq!(provider.number(&linked).await, 21);
    let own = provider.fixture.api.tenant(own_space());
    let profiles = own.list_profiles(None, 10).await.unwrap();
    assert_eq!(profiles.len(), 1);
    assert_eq!(profiles[0].cohort, cohort("beta"));
    assert!(own.find_job(rung[0].job_id).await.unwrap().is_some());
    assert_eq!(provider.fixture.count_of("jobs").await, 1);
}

#[tokio::test]
async fn a_profile_that_waits_in_the_persons_own_space_becomes_theirs_in_the_providers_cohort() {
    let provider = Provider::new().await;
    let waiting = register(&provider, own_space(), "ada@example.com").await;
    assert_eq!(waiting.cohort, cohort("beta"));
    let rung = provider.tell(1, owner_of("ada", "ADA@example.com")).await;
    assert_eq!(doorbells(rung).len(), 1);
    let own = provider.fixture.api.tenant(own_space());
    let profiles = own.list_profiles(None, 10).await.unwrap();
    assert_eq!(profiles.len(), 1);
    assert_eq!(
        (profiles[0].id, profiles[0].user_id),
        (waiting.id, Some(ada()))
    );
    assert_eq!(profiles[0].cohort, cohort("default"));
}

#[tokio::test]
async fn an_address_that_anothers_profile_holds_in_the_own_space_is_left_to_it() {
    let provider = Provider::new().await;
    register(&provider, own_space(), "bob@example.com").await;
    provider.tell(1, owner_of("bob", "bob@example.com")).await;
    provider.tell(2, owner_of("bob", "bob@example.net")).await;
    // The address that was Bob's is Ada's now.
    let rung = provider.tell(3, owner_of("ada", "bob@example.com")).await;
    assert_eq!(doorbells(rung).len(), 1);
    let addresses = format!(
        "SELECT string_agg(COALESCE(email, 'none'), ' ' ORDER BY user_id = '{}') FROM profiles WHERE tenant_id = '{}'",
        ada(),
        own_space()
    );
    let expected = Some("bob@example.com none".to_owned());
    assert_eq!(provider.text(&addresses).await, expected);
}

#[tokio::test]
async fn a_welcome_waits_for_a_verified_address_which_the_own_profile_then_has() {
    let provider = Provider::new().await;
    assert_eq!(provider.tell(1, changed(person("ada"))).await, applied());
    assert_eq!(provider.tell(2, changed(person("ada"))).await, applied());
    let proven = provider.tell(3, owner_of("ada", "ada@example.com")).await;
    assert_eq!(doorbells(proven).len(), 1);
    let own = provider.fixture.api.tenant(own_space());
    for (second, address) in [(4, "ada@example.com"), (5, "ada@example.net")] {
        let told = provider.tell(second, owner_of("ada", address)).await;
        assert_eq!(told, applied());
        let profiles = own.list_profiles(None, 10).await.unwrap();
        assert_eq!(profiles[0].email.as_ref().unwrap().as_str(), address);
    }
    // One that is not verified takes the proven one from nobody.
    provider.tell(6, changed(person("ada"))).await;
    let profiles = own.list_profiles(None, 10).await.unwrap();
    assert!(profiles[0].email.is_some());
    assert_eq!(provider.welcome_jobs().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_proofs_at_once_comes_one_welcome() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let api = provider.fixture.api.clone();
        tasks.spawn(async move {
            let notice = notice(
                &format!("msg_{number}"),
                2,
                owner_of("ada", "ada@example.com"),
            );
            api.take_notice(&notice, &cohorts()).await.unwrap()
        });
    }
    tasks.join_all().await;
    assert_eq!(provider.welcome_jobs().await, 1);
}

#[tokio::test]
async fn nobody_is_welcomed_twice_whatever_becomes_of_their_profiles() {
    let provider = Provider::new().await;
    let scopes = [tenant("acme"), own_space()].map(|id| provider.fixture.api.tenant(id));
    register(&provider, tenant("acme"), "ada@example.com").await;
    for second in 1..5 {
        provider
            .tell(second, owner_of("ada", "ada@example.com"))
            .await;
        for scope in &scopes {
            for profile in scope.list_profiles(None, 10).await.unwrap() {
                assert!(scope.delete_profile(profile.id).await.unwrap());
            }
            let again = scope.create_profile(&profile_for("ada@example.com")).await;
            assert!(again.unwrap().is_some());
        }
    }
    assert_eq!(provider.welcome_jobs().await, 1);
}

#[tokio::test]
async fn a_profile_is_taken_over_by_nothing_but_a_verified_primary_address() {
    let provider = Provider::new().await;
    let waiting = register(&provider, tenant("acme"), "kate@example.com").await;
    // An address that is not verified, or not the primary one, is told as none.
    provider.tell(1, changed(person("unverified"))).await;
    for (subject, email) in [
        // The Kelvin sign, the long s and the dotless i fold to k, s and i in other alphabets.
        ("kelvin", "\u{212a}ate@example.com"),
        ("long_s", "kate@example.com\u{17f}"),
        ("other", "kate@example.co"),
        ("plus", "kate+x@example.com"),
        ("dots", "k.ate@example.com"),
    ] {
        provider.tell(1, owner_of(subject, email)).await;
    }
    assert_eq!(profile(&provider, &waiting).await.user_id, None);
    // Who proves it later gets it then.
    provider
        .tell(2, owner_of("unverified", "kate@example.com"))
        .await;
    let owner = Some(UserId::for_subject(ISSUER, "unverified"));
    assert_eq!(profile(&provider, &waiting).await.user_id, owner);
}

#[tokio::test]
async fn a_profile_that_is_somebodys_never_becomes_anothers() {
    let provider = Provider::new().await;
    let waiting = register(&provider, tenant("acme"), "ada@example.com").await;
    provider.tell(1, owner_of("ada", "ada@example.com")).await;
    // The address goes to someone else, and its first owner leaves.
    provider.tell(2, owner_of("ada", "ada@example.net")).await;
    provider.tell(3, owner_of("bob", "ada@example.com")).await;
    provider.tell(4, gone("ada")).await;
    provider.tell(5, owner_of("bob", "ada@example.com")).await;
    assert_eq!(profile(&provider, &waiting).await.user_id, Some(ada()));
}

#[tokio::test]
async fn of_two_at_once_who_say_that_the_address_is_theirs_one_gets_the_profile() {
    let provider = Provider::new().await;
    register(&provider, tenant("acme"), "ada@example.com").await;
    let (one, other) = tokio::join!(
        provider.tell(1, owner_of("ada", "ada@example.com")),
        provider.tell(1, owner_of("bob", "ada@example.com")),
    );
    assert_eq!(doorbells(one).len() + doorbells(other).len(), 2);
    let linked = "SELECT count(*) FROM profiles WHERE linked_at IS NOT NULL";
    assert_eq!(provider.number(linked).await, 3);
    let people = "SELECT count(DISTINCT user_id) FROM profiles";
    assert_eq!(provider.number(people).await, 2);
}

#[tokio::test]
async fn a_deleted_tenants_profile_waits_for_nobody() {
    let provider = Provider::new().await;
    let tenant_id = tenant("acme");
    register(&provider, tenant_id, "ada@example.com").await;
    let deleted = format!(
        "INSERT INTO tenants (id, issuer, external_id, deleted_at) VALUES ('{tenant_id}', 'gantry', 'x', now())"
    );
    provider.fixture.database.execute(&deleted).await;
    provider.tell(1, owner_of("ada", "ada@example.com")).await;
    let scope = provider.fixture.api.tenant(own_space());
    assert_eq!(scope.list_profiles(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_tenant_has_one_profile_for_an_address_and_sees_its_own_only() {
    let provider = Provider::new().await;
    let acme = provider.fixture.api.tenant(tenant("acme"));
    let globex = provider.fixture.api.tenant(tenant("globex"));
    let first = register(&provider, tenant("acme"), "ada@example.com").await;
    let again = acme.create_profile(&profile_for("ADA@example.com")).await;
    assert_eq!(again.unwrap(), None);
    assert_eq!(globex.find_profile(first.id).await.unwrap(), None);
    assert_eq!(globex.list_profiles(None, 10).await.unwrap(), []);
    let change = ProfileChange {
        name: Some(Some("Ada".to_owned())),
        cohort: None,
    };
    let others = globex.update_profile(first.id, &change).await.unwrap();
    assert_eq!(others, None);
    assert!(!globex.delete_profile(first.id).await.unwrap());
    let changed = acme.update_profile(first.id, &change).await.unwrap();
    assert_eq!(changed.unwrap().name.as_deref(), Some("Ada"));
    let cohort_alone = ProfileChange {
        name: None,
        cohort: Some(cohort("default")),
    };
    let changed = acme.update_profile(first.id, &cohort_alone).await.unwrap();
    let changed = changed.unwrap();
    assert_eq!(changed.name.as_deref(), Some("Ada"));
    assert_eq!(changed.cohort, cohort("default"));
    assert!(acme.delete_profile(first.id).await.unwrap());
    assert!(!acme.delete_profile(first.id).await.unwrap());
}

#[tokio::test]
async fn a_profile_that_was_deleted_does_not_come_back_with_a_change_of_its_person() {
    let provider = Provider::new().await;
    let user = || owner_of("ada", "ada@example.com");
    provider.tell(1, user()).await;
    let own = provider.fixture.api.tenant(own_space());
    let profiles = own.list_profiles(None, 1).await.unwrap();
    assert!(own.delete_profile(profiles[0].id).await.unwrap());
    assert_eq!(provider.tell(2, user()).await, applied());
    assert_eq!(provider.profiles().await, 0);
    assert_eq!(provider.welcome_jobs().await, 1);
}
