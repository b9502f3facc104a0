//! What the kit's transactions promise on both databases.

use std::time::Duration;

use futures_util::{FutureExt as _, future::join_all};
use kit::{Backend, Database, Error, Result, ids::ProductId};
use sea_orm::{ConnectionTrait as _, Statement};
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

#[tokio::test]
async fn a_caller_who_leaves_while_a_transaction_begins_leaves_none_open() {
    on_each_database(async |app| {
        let db = app.app().db();
        let nothing = || db.transaction(|_| async { Ok(()) }.boxed());

        // Each is looked at once, which is when it asks the database to begin.
        for _ in 0..40 {
            assert!(nothing().now_or_never().is_none());
        }

        nothing().await.expect("there is a connection that works");
        if db.backend() == Backend::Postgres {
            until_no_transaction_is_open(db).await;
        }
        app.stop().await;
    })
    .await;
}

/// Waits for the transactions that are under way, and finds those that stay.
async fn until_no_transaction_is_open(db: &Database) {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE \
                'idle in transaction%'";
    let statement = Statement::from_string(db.read().get_database_backend(), open);
    for _ in 0..400 {
        let row = db.read().query_one_raw(statement.clone()).await.expect("a statement").expect("a row");
        if row.try_get_by_index::<i64>(0).expect("a number") == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("a transaction stays open");
}
