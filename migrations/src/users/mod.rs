//! The tables of the users module.

mod m0001_people;
mod m0002_sessions;
mod m0003_signing_keys;
mod m0004_second_steps;
mod m0005_identities;
mod m0006_deletion;
mod m0007_signing_keys;
mod m0008_passkeys;
mod m0009_suspension;
mod m0010_erased_logins;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_people::Migration),
        Box::new(m0002_sessions::Migration),
        Box::new(m0003_signing_keys::Migration),
        Box::new(m0004_second_steps::Migration),
        Box::new(m0005_identities::Migration),
        Box::new(m0006_deletion::Migration),
        Box::new(m0007_signing_keys::Migration),
        Box::new(m0008_passkeys::Migration),
        Box::new(m0009_suspension::Migration),
        Box::new(m0010_erased_logins::Migration),
    ]
}
