//! A payment moves as the table says, in whatever order views of it come.

use entities::payments::payment::{ActiveModel, Model, State};
use kit::{
    DateTime, Id as _,
    ids::{OrderId, PaymentId},
};
use proptest::{collection::vec, prelude::*, sample::select};
use sea_orm::ActiveModelTrait as _;

use crate::{
    provider::{Intent, Status},
    service::movement,
};

fn payment() -> Model {
    Model {
        id: PaymentId::generate(),
        order_id: OrderId::generate(),
        account_id: None,
        guest_access: None,
        provider: "sandbox".to_owned(),
        provider_ref: Some("intent".to_owned()),
        client_secret: None,
        next_action: None,
        state: State::RequiresAction,
        currency: "EUR".to_owned(),
        amount: 2_000,
        authorized: 0,
        captured: 0,
        refunded: 0,
        failure: None,
        capture_wanted: None,
        called_off_at: None,
        called_off_for: None,
        version: 1,
        lease: None,
        leased_until: DateTime(0),
        due_at: None,
        attempts: 0,
        created_at: DateTime(0),
        updated_at: DateTime(0),
    }
}

fn view(status: Status, failure: Option<&str>) -> Intent {
    let captured = if status == Status::Captured { 1_500 } else { 0 };
    let failure = failure.map(str::to_owned);
    let reference = "intent".to_owned();
    Intent { reference, client_secret: None, status, failure, captured, refunds: None }
}

fn views() -> impl Strategy<Value = Vec<Intent>> {
    let known = vec![
        view(Status::NeedsMethod, None),
        view(Status::NeedsMethod, Some("card_declined")),
        view(Status::NeedsAction("authenticate".to_owned()), None),
        view(Status::Processing, None),
        view(Status::Authorized, None),
        view(Status::Captured, None),
        view(Status::Cancelled, None),
    ];
    vec(select(known), 0..12)
}

fn applied(row: Model, intent: &Intent) -> Model {
    let Some(change) = movement::after(&row, intent) else { return row };
    let mut all = ActiveModel::from(row);
    for column in <entities::payments::payment::Column as sea_orm::Iterable>::iter() {
        if let Some(value) = change.get(column).into_value() {
            all.set(column, value);
        }
    }
    sea_orm::TryIntoModel::try_into_model(all).expect("a whole row")
}

proptest! {
    #[test]
    fn only_moves_of_the_table_happen_and_amounts_keep_their_order(views in views()) {
        let mut row = payment();
        for view in &views {
            let after = applied(row.clone(), view);
            prop_assert!(row.state == after.state || movement::may_move(row.state, after.state));
            prop_assert!(after.refunded <= after.captured && after.captured <= after.authorized);
            prop_assert!(after.authorized <= after.amount);
            row = after;
        }
    }

    #[test]
    fn what_is_paid_stays_paid_and_what_is_off_stays_off(before in views(), after in views()) {
        for last in [Status::Captured, Status::Cancelled] {
            let mut row = before.iter().fold(payment(), applied);
            row = applied(row, &view(last, None));
            let ended = after.iter().fold(row.clone(), applied);
            prop_assert!(matches!(row.state, State::Captured | State::Voided));
            prop_assert_eq!((ended.state, ended.captured), (row.state, row.captured));
        }
    }

    #[test]
    fn views_told_again_change_nothing(views in views()) {
        for view in &views {
            let once = applied(payment(), view);
            prop_assert_eq!(movement::after(&once, view), None);
        }
    }
}

#[test]
fn a_late_failure_does_not_unpay() {
    let paid = applied(payment(), &view(Status::Captured, None));

    let late = applied(paid.clone(), &view(Status::NeedsMethod, Some("card_declined")));

    assert_eq!(late, paid);
}
