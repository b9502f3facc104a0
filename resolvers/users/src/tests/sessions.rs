//! Sessions: tokens that rotate, expire and are revoked.

use entities::users::{refresh_token, session};
use kit::{Clock as _, Viewer};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use super::{PASSWORD, TestModule};

const DAY: i64 = 24 * 60 * 60 * 1_000;

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_answer_the_same() {
    let module = TestModule::start().await;
    module.sign_up("ada@example.com", "ada").await;

    let wrong = json!({ "password": { "email": "ada@example.com", "password": "not the password" } });
    let unknown = json!({ "password": { "email": "eve@example.com", "password": PASSWORD } });
    let (wrong, unknown) = (module.sign_in(wrong).await, module.sign_in(unknown).await);

    assert_eq!(
        wrong,
        json!({
            "accessToken": null, "refreshToken": null, "expiresAt": null, "account": null,
            "mfaChallenge": null,
            "userErrors": [{ "code": "BAD_CREDENTIALS", "field": null }],
        })
    );
    assert_eq!(unknown, wrong);
}

#[tokio::test]
async fn a_token_tells_who_signed_in_until_it_expires() {
    let module = TestModule::start().await;
    let (viewer, payload) = module.member("ada").await;

    assert_eq!(payload["account"], json!({ "email": "ada@example.com", "roles": ["CUSTOMER"] }));
    assert_eq!(payload["expiresAt"], "2026-01-01T00:15:01.000Z");
    let me = "{ me { email emailVerified version sessions { userAgent createdAt isCurrent } } }";
    let answer = module.ask(&viewer, me, json!({})).await;
    assert_eq!(
        answer["data"]["me"],
        json!({
            "email": "ada@example.com", "emailVerified": false, "version": 1,
            "sessions": [
                { "userAgent": "Test/1", "createdAt": "2026-01-01T00:00:01.000Z", "isCurrent": true },
            ],
        })
    );
    module.clock.advance(15 * 60 * 1_000);
    assert_eq!(module.viewer(&payload).await.expect_err("expired").code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn refresh_token_used_twice_whole_family_revoked() {
    let module = TestModule::start().await;
    let (viewer, first) = module.member("ada").await;

    let second = module.sign_in(json!({ "refreshToken": first["refreshToken"] })).await;
    assert_eq!(module.viewer(&second).await.expect("good").session, viewer.session);
    let stolen = module.sign_in(json!({ "refreshToken": first["refreshToken"] })).await;

    let refused = json!([{ "code": "BAD_CREDENTIALS", "field": ["method", "refreshToken"] }]);
    assert_eq!(stolen["userErrors"], refused);
    assert_eq!(stolen["accessToken"], json!(null));
    let successor = module.sign_in(json!({ "refreshToken": second["refreshToken"] })).await;
    assert_eq!(successor["userErrors"], refused);
    assert!(module.viewer(&second).await.is_err());
    let events = module.events().await;
    let revoked = events.iter().find(|(kind, _)| kind == "session.revoked").expect("it is told");
    assert_eq!(
        revoked.1,
        json!({ "account": viewer.account, "session": viewer.session, "reason": "TOKEN_REUSED" })
    );
}

#[tokio::test]
async fn of_parallel_refreshes_with_one_token_at_most_one_goes_on_and_none_lives() {
    let module = TestModule::start().await;
    let (_, first) = module.member("ada").await;
    let refresh = || module.sign_in(json!({ "refreshToken": first["refreshToken"] }));

    let (a, b, c) = tokio::join!(refresh(), refresh(), refresh());

    let granted = [&a, &b, &c].into_iter().filter(|payload| payload["accessToken"].is_string());
    let granted: Vec<_> = granted.collect();
    assert_eq!(granted.len(), 1);
    assert!(module.viewer(granted[0]).await.is_err());
}

#[tokio::test]
async fn a_refresh_token_expires_and_is_deleted() {
    let module = TestModule::start().await;
    let (_, payload) = module.member("ada").await;

    module.clock.advance(30 * DAY);
    let late = module.sign_in(json!({ "refreshToken": payload["refreshToken"] })).await;

    assert_eq!(late["userErrors"], json!([{ "code": "EXPIRED", "field": ["method", "refreshToken"] }]));
    let db = module.platform.db.write();
    assert_eq!(session::delete_expired(db, module.clock.now()).await.expect("deletes"), 1);
    assert_eq!(refresh_token::Entity::find().count(db).await.expect("counts"), 0);
}

#[tokio::test]
async fn a_session_in_use_outlives_its_first_thirty_days() {
    let module = TestModule::start().await;
    let (_, mut payload) = module.member("ada").await;

    for _ in 0..3 {
        module.clock.advance(20 * DAY);
        payload = module.sign_in(json!({ "refreshToken": payload["refreshToken"] })).await;
    }

    assert!(module.viewer(&payload).await.is_ok());
}

#[tokio::test]
async fn a_revoked_session_is_refused_at_once() {
    let module = TestModule::start().await;
    let (phone, phone_tokens) = module.member("ada").await;
    let login = json!({ "password": { "email": "ada@example.com", "password": PASSWORD } });
    let laptop_tokens = module.sign_in(login.clone()).await;
    let tablet_tokens = module.sign_in(login).await;
    let laptop = module.viewer(&laptop_tokens).await.expect("good");
    module.viewer(&tablet_tokens).await.expect("good");
    let revoke = "mutation($id: ID) { sessionRevoke(id: $id) { account { sessions { id } } \
                  userErrors { code field } } }";

    let one = module.ask(&phone, revoke, json!({ "id": laptop.session })).await;
    assert_eq!(one["data"]["sessionRevoke"]["userErrors"], json!([]));
    assert_eq!(one["data"]["sessionRevoke"]["account"]["sessions"].as_array().map(Vec::len), Some(2));
    assert!(module.viewer(&laptop_tokens).await.is_err());
    assert!(module.viewer(&tablet_tokens).await.is_ok());

    let others = module.ask(&phone, revoke, json!({})).await;
    assert_eq!(
        others["data"]["sessionRevoke"],
        json!({ "account": { "sessions": [{ "id": phone.session }] }, "userErrors": [] })
    );
    assert!(module.viewer(&tablet_tokens).await.is_err());
    assert!(module.viewer(&phone_tokens).await.is_ok());
    let dead = module.sign_in(json!({ "refreshToken": tablet_tokens["refreshToken"] })).await;
    assert_eq!(dead["userErrors"][0]["code"], "BAD_CREDENTIALS");
}

#[tokio::test]
async fn a_strangers_session_is_not_found() {
    let module = TestModule::start().await;
    let (ada, ada_tokens) = module.member("ada").await;
    let (eve, _) = module.member("eve").await;
    let revoke = "mutation($id: ID) { sessionRevoke(id: $id) { userErrors { code field message } } }";

    let refused = module.ask(&eve, revoke, json!({ "id": ada.session })).await;
    let guest = module.ask(&Viewer::default(), revoke, json!({ "id": ada.session })).await;

    assert_eq!(
        refused["data"]["sessionRevoke"]["userErrors"],
        json!([{ "code": "NOT_FOUND", "field": ["id"], "message": "session not found" }])
    );
    assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert!(module.viewer(&ada_tokens).await.is_ok());
}
