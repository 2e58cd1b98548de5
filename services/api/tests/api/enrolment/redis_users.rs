//! A machine's user in Redis: made anew when Redis has forgotten it, and never left behind.

use gantry_queue::{EnrolledAccess, Queue, QueueOptions};
use gantry_testkit::eventually;
use reqwest::StatusCode;
use serde_json::Value;

use super::{enrolled, mint, redis_of, renew, revoke, try_to_enroll};
use crate::support::{SOON, TestApi, json_of, problem_of};

/// What the API reaches Redis with.
fn operators_redis(api: &TestApi) -> Queue {
    Queue::open(&QueueOptions {
        redis_url: api.redis_url.clone(),
        key_prefix: api.prefix.clone(),
        machine_of: None,
    })
    .unwrap()
}

#[tokio::test]
async fn a_machine_that_redis_has_forgotten_is_known_again_after_it_renewed_its_token() {
    let api = TestApi::start().await;
    let machine = enrolled(&api, "own-gpu").await;
    let redis = redis_of(&machine);
    let operators = operators_redis(&api);
    let id = machine["id"].as_str().unwrap().parse().unwrap();
    operators.put_out(id).await.unwrap();
    redis.ping().await.unwrap_err();
    json_of(renew(&api, &machine["token"]).await, StatusCode::OK).await;
    eventually(SOON, || redis.ping()).await;
}

/// Between Postgres and Redis a process can stall for as long as it likes, and whoever ends the token be done before.
#[tokio::test]
async fn a_token_that_ends_while_its_machine_is_let_in_leaves_no_user_behind() {
    let api = TestApi::start().await;
    let machine = enrolled(&api, "own-gpu").await;
    let minted = mint(&api, "own-gpu").await;
    let redis = redis_of(&machine);
    redis.ping().await.unwrap();
    let end_at_commit = "
        UPDATE worker_tokens SET renewed_at = now() - interval '1 day';
        CREATE FUNCTION end_at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN UPDATE worker_tokens SET revoked_at = now() WHERE id = NEW.id; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER end_at_commit AFTER INSERT OR UPDATE OF expires_at ON worker_tokens
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_at_commit()";
    api.database.execute(end_at_commit).await;
    let refused = renew(&api, &machine["token"]).await;
    problem_of(refused, StatusCode::UNAUTHORIZED, "worker_token_revoked").await;
    eventually(SOON, async || match redis.ping().await {
        Err(error) if error.is_refused_access() => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    let refused = try_to_enroll(&api, &minted["token"]).await;
    problem_of(refused, StatusCode::UNAUTHORIZED, "worker_token_revoked").await;
}

/// The process that made it died before it could look how the token stands.
#[tokio::test]
async fn a_user_that_was_made_after_all_was_closed_is_taken_away() {
    let api = TestApi::start().await;
    let machine = enrolled(&api, "own-gpu").await;
    let hash = "SELECT encode(redis_password_hash, 'hex') FROM worker_tokens";
    let hash = api.database.text(hash).await.unwrap();
    revoke(&api, &machine["id"]).await;
    let closed = "SELECT count(*) FROM worker_tokens WHERE closed_at IS NOT NULL";
    eventually(SOON, async || match api.database.number(closed).await {
        1 => Ok(()),
        count => Err(count),
    })
    .await;
    let redis = redis_of(&machine);
    make_user(&api, &machine, &hash).await;
    redis.ping().await.unwrap();
    revoke(&api, &machine["id"]).await;
    eventually(SOON, async || match redis.ping().await {
        Err(error) if error.is_refused_access() => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

/// Makes a machine's user in Redis, whatever its token.
async fn make_user(api: &TestApi, machine: &Value, password_hash: &str) {
    let operators = operators_redis(api);
    let bytes = (0..password_hash.len()).step_by(2);
    let bytes = bytes.map(|at| u8::from_str_radix(&password_hash[at..at + 2], 16).unwrap());
    let access = EnrolledAccess {
        token_id: machine["id"].as_str().unwrap().parse().unwrap(),
        tenant_id: machine["tenant_id"].as_str().unwrap().parse().unwrap(),
        queues: vec!["own-gpu".parse().unwrap()],
        password_hash: bytes.collect::<Vec<_>>().try_into().unwrap(),
    };
    operators.let_in(&access).await.unwrap();
}
