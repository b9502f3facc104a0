//! What the modules' demo data share: ids that every module can compute, a
//! repeatable source of choices, and a way to report progress.

use entities::ids::Id;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable as _};
use ulid::Ulid;

use crate::{DateTime, Result};

/// The instant at which the demo marketplace "is": 2026-01-01T00:00:00Z.
pub const TODAY: DateTime = DateTime(1_767_225_600_000);

/// How much demo data: everything of scale 1, times this.
#[derive(Debug, Clone, Copy)]
pub struct Scale(pub u32);

impl Scale {
    /// Users at this scale.
    #[must_use]
    pub const fn users(self) -> u32 {
        200 * self.0
    }

    /// Sellers at this scale; they are the first users.
    #[must_use]
    pub const fn sellers(self) -> u32 {
        40 * self.0
    }

    /// Products at this scale.
    #[must_use]
    pub const fn products(self) -> u32 {
        2_000 * self.0
    }

    /// Reviews at this scale.
    #[must_use]
    pub const fn reviews(self) -> u32 {
        10_000 * self.0
    }
}

/// The id of the `index`-th demo object of its type: the same in every module
/// and every run, sorted by index.
#[must_use]
pub fn id<I: Id>(index: u32) -> I {
    let made = u64::try_from(TODAY.0).expect("after 1970") - 1_000_000_000 + u64::from(index);
    let mut choices = Choices::new(I::PREFIX, index);
    let random = u128::from(choices.bits()) << 64 | u128::from(choices.bits());
    I::from_ulid(Ulid::from_parts(made, random & ((1 << 80) - 1)))
}

/// A repeatable source of choices (SplitMix64): the same name and index give
/// the same choices on every machine.
pub struct Choices(u64);

impl Choices {
    /// The choices for the `index`-th thing called `name`.
    #[must_use]
    pub fn new(name: &str, index: u32) -> Self {
        // FNV-1a over the name.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(hash ^ u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 up to and without `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    /// One of several.
    ///
    /// # Panics
    /// When there is nothing to choose from.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(choices.len() as u64)).expect("an index fits");
        &choices[index]
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Parameters of one statement; SQLite takes up to 32,766.
const PARAMETERS: usize = 20_000;

/// Writes rows, many in a statement; those that are already there stay as they
/// are.
///
/// # Errors
/// When the database fails.
pub async fn insert<A, M>(transaction: &DatabaseTransaction, rows: &[M]) -> Result<()>
where
    A: ActiveModelTrait + Send,
    M: IntoActiveModel<A> + Clone,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count();
    for rows in rows.chunks(PARAMETERS / columns) {
        let rows = rows.iter().map(|row| row.clone().into_active_model());
        A::Entity::insert_many(rows)
            .on_conflict_do_nothing()
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Told how far a seed is: what is being made, how many so far, of how many.
pub type Progress<'a> = &'a (dyn Fn(&'static str, u64, u64) + Send + Sync);

#[cfg(test)]
mod tests {
    use entities::ids::{ProductId, SellerId};

    use super::*;

    #[test]
    fn demo_ids_are_the_same_in_every_run_and_sorted() {
        assert_eq!(id::<ProductId>(0), id::<ProductId>(0));
        assert!(id::<ProductId>(0) < id::<ProductId>(1));
        assert_ne!(id::<ProductId>(0).ulid(), id::<SellerId>(0).ulid());
    }
}
