//! What is erased of the orders module's tables with an account: everything that
//! tells who bought. Amounts, units and what was bought stay.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    ids::{AccountId, UserId},
    sql::Sql,
};

/// Forgets who bought an account's orders, where they went and what the buyer
/// wrote, and in everybody's orders what the user did there.
///
/// # Errors
/// When the database fails.
pub async fn forget(
    transaction: &impl ConnectionTrait,
    account: AccountId,
    user: UserId,
) -> Result<(), DbErr> {
    let theirs = |start: &str, end: &str| {
        let mut sql = Sql::new(transaction.get_database_backend());
        sql.push(start).push("(SELECT id FROM orders WHERE account_id = ").bind(account).push(")");
        sql.push(end);
        sql.statement()
    };
    for statement in [
        theirs("UPDATE order_lines SET note = NULL WHERE order_id IN ", " AND note IS NOT NULL"),
        theirs("UPDATE order_returns SET reason = '' WHERE order_id IN ", ""),
        theirs("UPDATE order_refunds SET reason = '' WHERE order_id IN ", ""),
        theirs("UPDATE order_transitions SET reason = NULL WHERE order_id IN ", ""),
        theirs("UPDATE order_fulfilments SET tracking_number = NULL WHERE order_id IN ", ""),
    ] {
        transaction.execute_raw(statement).await?;
    }
    for text in [
        "UPDATE order_transitions SET actor_id = NULL WHERE actor_id = ",
        "UPDATE order_refunds SET actor_id = NULL WHERE actor_id = ",
    ] {
        let mut sql = Sql::new(transaction.get_database_backend());
        sql.push(text).bind(user);
        transaction.execute_raw(sql.statement()).await?;
    }
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_refunds SET retry_scope = NULL, retry_key = NULL WHERE retry_scope = ");
    sql.bind(account.to_string());
    transaction.execute_raw(sql.statement()).await?;
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE orders SET account_id = NULL, user_id = NULL, email = NULL, ");
    sql.push("shipping_address = NULL, billing_address = NULL, retry_scope = NULL, retry_key = NULL ");
    sql.push("WHERE account_id = ").bind(account);
    transaction.execute_raw(sql.statement()).await.map(drop)
}
