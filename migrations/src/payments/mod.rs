//! Tables of the payments module.

mod m0001_payments;
mod m0002_sandbox;
mod m0003_plans;

use sea_orm_migration::prelude::*;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_payments::Migration),
        Box::new(m0002_sandbox::Migration),
        Box::new(m0003_plans::Migration),
    ]
}
