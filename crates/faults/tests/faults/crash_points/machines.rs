//! An API dies while it lets a machine of a tenant's own in, or puts one out.

use gantry_testkit::eventually;

use super::{Story, points_of};
use crate::{LIMIT, installation};

const QUEUE: &str = "own-bench";

/// The token is used up and the machine has nothing: it is let in with another token, and what was made for it is put out.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_api_died_while_it_was_let_in_is_let_in_with_another_token() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let owner = installation.calls.in_own_space();
    for point in points_of(Story::Enrolment) {
        let token = owner.mint_enrol_token(QUEUE).await;
        let (mut doomed, calls) = installation.start_doomed_api(point);
        assert!(!calls.try_to_enroll(&token).await);
        doomed.wait_until_dead(LIMIT).await;
        assert!(
            !owner.try_to_enroll(&token).await,
            "it lets nobody in twice"
        );
        owner.revoke_machine().await;
        installation
            .start_machine(point.name(), &owner, QUEUE)
            .await;
    }
}

/// From the commit on nothing the machine does has any effect; what it was given is taken away by whoever lives.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_out_wherever_the_api_died_that_put_it_out() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let owner = installation.calls.in_own_space();
    for point in points_of(Story::Revocation) {
        let token = owner.mint_enrol_token(QUEUE).await;
        assert!(owner.try_to_enroll(&token).await);
        let (mut doomed, calls) = installation.start_doomed_api(point);
        calls.in_own_space().try_to_revoke_machine().await;
        doomed.wait_until_dead(LIMIT).await;
        owner.revoke_machine().await;
        let left = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'gantry_enrolled_%'";
        eventually(LIMIT, async || {
            let users = installation.stack.ask_redis("ACL USERS").unwrap();
            let logins = installation.database.number(left).await;
            // One user, the operator's own.
            if users == "*1" && logins == 0 {
                Ok(())
            } else {
                Err(format!("{users} users and {logins} logins"))
            }
        })
        .await;
    }
}
