//! What the kit's transactions promise on both databases.

use std::time::Duration;

use futures_util::{FutureExt as _, future::join_all};
use kit::{Database, Error, Result, ids::ProductId};
use sea_orm::ConnectionTrait as _;
use tests::on_each_database;

/// Changes two products, one after the other, in one transaction.
async fn change_both(db: &Database, first: ProductId, second: ProductId) -> Result<()> {
    db.transaction(move |transaction| {
        async move {
            for id in [first, second] {
                let sql = format!("UPDATE products SET version = version + 1 WHERE id = '{id}'");
                transaction.execute_unprepared(&sql).await?;
                // Long enough for the other transaction to take its first row.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok::<_, Error>(())
        }
        .boxed()
    })
    .await
}

#[tokio::test]
async fn transactions_that_lock_each_other_out_are_tried_again() {
    on_each_database(async |app| {
        let db = app.app().db();
        let (one, other): (ProductId, ProductId) = (kit::seed::id(10), kit::seed::id(11));

        let outcomes = join_all([change_both(db, one, other), change_both(db, other, one)]).await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        for id in [one, other] {
            let query = "query($id: ID!) { product(by: {id: $id}) { version } }";
            let answer = app.guest().ask(query, serde_json::json!({ "id": id })).await;
            assert_eq!(answer["data"]["product"]["version"], 3, "{answer}");
        }
        app.stop().await;
    })
    .await;
}
