//! Keys over time: a former one verifies until the last token it signed has
//! expired, then it is in no table.

use kit::ports::{Identity, KeySet};

use super::*;
use crate::keys::{self, KeyUse};

const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// Longer than the last token of a retired key is good, clocks that differ and
/// slow instances included.
const AFTERWARDS: i64 = (15 + 2) * 60 * 1_000;

async fn rotate(module: &TestModule) -> String {
    let rotated = keys::rotate(&module.platform.db, module.clock.as_ref(), LIFETIME, false).await;
    rotated.expect("rotates")
}

async fn published(module: &TestModule) -> usize {
    let keys = module.platform.ports.get::<dyn KeySet>().expect("provided").jwks().await;
    keys.expect("the keys")["keys"].as_array().expect("a list").len()
}

#[tokio::test]
async fn a_retired_key_verifies_until_its_last_token_has_expired_and_is_swept() {
    let module = TestModule::start().await;
    let (_, payload) = module.member("ada").await;

    rotate(&module).await;
    module.clock.advance(14 * 60 * 1_000);
    assert!(module.viewer(&payload).await.is_ok(), "signed before the rotation");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(published(&module).await, 2);
    let rows = || ::entities::users::token_key::all(module.platform.db.read(), "access-tokens");
    let retired = rows().await.expect("reads").into_iter().find(|row| row.retired_at.is_some());
    assert_eq!(retired.expect("the first").private_key_pem, None, "what signs no more can't sign");

    module.clock.advance(AFTERWARDS);
    assert_eq!(published(&module).await, 1, "whether or not it was swept");
    let reason = module.viewer(&payload).await.expect_err("refused").code();
    assert_eq!(reason, "UNAUTHENTICATED");
    keys::sweep(&module.platform.db, module.platform.clock.now()).await.expect("sweeps");
    assert_eq!(rows().await.expect("reads").len(), 1);
}

#[tokio::test]
async fn rotations_at_the_same_moment_leave_one_key_that_signs() {
    let module = TestModule::start().await;

    let (first, second, third) = tokio::join!(rotate(&module), rotate(&module), rotate(&module));

    let listed = keys::list(&module.platform.db, module.clock.as_ref()).await.expect("lists");
    let signs: Vec<_> = listed.iter().filter(|key| key.does == KeyUse::Signs).collect();
    assert_eq!((listed.len(), signs.len()), (4, 1));
    assert!([first, second, third].contains(&signs[0].id));
}

#[tokio::test]
async fn tokens_of_unknown_keys_ask_the_database_a_few_times_a_second_at_most() {
    let module = TestModule::start().await;
    let (_, payload) = module.member("ada").await;
    let other = TestModule::start().await;
    let (_, foreign) = other.member("eve").await;
    let identity = module.platform.ports.get::<dyn Identity>().expect("provided");
    let token = foreign["accessToken"].as_str().expect("a token");
    module.viewer(&payload).await.expect("good");
    let before = module.statements();

    let refused = futures_util::future::join_all((0..500).map(|_| identity.viewer(token))).await;

    assert!(refused.iter().all(|viewer| viewer.is_err()));
    let asked = module.statements() - before;
    assert!(asked <= 2, "{asked} statements");
}

#[tokio::test]
async fn an_instance_takes_over_the_key_of_the_last_release() {
    use sea_orm::ConnectionTrait as _;

    let module = TestModule::start().await;
    let (_, payload) = module.member("ada").await;
    let db = &module.platform.db;
    let move_back = "INSERT INTO signing_keys (purpose, private_key_pem, created_at) SELECT purpose, \
                     private_key_pem, created_at FROM token_keys";
    db.write().execute_unprepared(move_back).await.expect("as it was");
    db.write().execute_unprepared("DELETE FROM token_keys").await.expect("as it was");

    let second = Platform { ports: Ports::default(), ..module.platform.clone() };
    Users::new(UsersOptions::default()).start(&second).await.expect("starts");

    let identity = second.ports.get::<dyn Identity>().expect("provided");
    let token = payload["accessToken"].as_str().expect("a token");
    assert!(identity.viewer(token).await.is_ok(), "signed by the last release");
    rotate(&module).await;
    let old = ::entities::users::signing_key::find(db.read(), "access-tokens").await.expect("reads");
    assert_eq!(old, None, "a key that signs no more is nowhere to sign with");
}
