//! The port through which other modules reach people.

use kit::{
    Id as _,
    ids::{AccountId, SellerId, UserId},
    ports::People,
    seed,
};

use super::TestModule;

#[tokio::test]
async fn people_are_found_by_user_by_account_and_by_shop_with_one_statement_each() {
    let module = TestModule::seeded().await;
    let people = module.platform.ports.get::<dyn People>().expect("provided");
    let (one, two): (UserId, UserId) = (seed::id(0), seed::id(60));
    let before = module.statements();

    let by_user = people.contacts(&[one, two, UserId::generate()]).await.expect("answers");
    let accounts: Vec<AccountId> = by_user.values().map(|contact| contact.account).collect();
    let by_account = people.contacts_of(&accounts).await.expect("answers");
    let owner = people.owner_of(seed::id(0)).await.expect("answers");
    let nobody = people.owner_of(SellerId::generate()).await.expect("answers");

    assert_eq!(by_user.len(), 2, "who has no account is absent");
    assert_eq!(by_user[&two].user, two);
    assert!(by_user[&two].email.as_ref().is_some_and(|email| email.ends_with("@demo.example")));
    assert!(by_account.values().all(|contact| by_user[&contact.user] == *contact), "the same people");
    assert_eq!(by_account.len(), 2);
    assert_eq!((owner, nobody), (Some(one), None));
    assert_eq!(module.statements() - before, 4);
}
