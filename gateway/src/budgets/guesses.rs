//! Guesses at secrets: a few at once, then ever slower, for each account and each
//! address.

use std::time::Duration;

use kit::{Origin, ports::Guesses};

use super::{Bucket, Budgets, Tier, caller};

impl Budgets {
    /// The buckets that a guess is counted in.
    fn guesses(&self, subject: &str, from: Origin) -> Vec<Bucket> {
        let mut buckets = Vec::with_capacity(3);
        if self.config.enabled {
            let at = |tier| Bucket { tier, key: subject.to_owned() };
            // The slow one last: what another refuses is not held against anybody for hours.
            if !from.is_trusted {
                buckets.push(Bucket { tier: Tier::GuessesFromAddress, key: caller(from.address) });
            }
            buckets.extend([at(Tier::GuessesAtAccount), at(Tier::ManyGuessesAtAccount)]);
        }
        buckets
    }
}

#[async_trait::async_trait]
impl Guesses for Budgets {
    async fn take(&self, subject: &str, from: Origin) -> Result<(), Duration> {
        let buckets = self.guesses(subject, from);
        for (index, bucket) in buckets.iter().enumerate() {
            if let Err(empty) = Self::take(self, bucket, 1).await {
                for taken in &buckets[..index] {
                    Self::give_back(self, taken, 1).await;
                }
                return Err(empty.retry_after);
            }
        }
        Ok(())
    }

    async fn give_back(&self, subject: &str, from: Origin) {
        for bucket in self.guesses(subject, from) {
            Self::give_back(self, &bucket, 1).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BudgetConfig, Config};

    fn budgets(account: u32, many: u32, address: u32) -> Budgets {
        let mut config = Config::default();
        let budget = |points| BudgetConfig { points, restore: 0.001 };
        config.limits.guesses.account = budget(account);
        config.limits.guesses.account_slow = budget(many);
        config.limits.guesses.address = budget(address);
        Budgets::new(&config)
    }

    fn from(address: &str) -> Origin {
        Origin { address: address.parse().ok(), is_trusted: false }
    }

    async fn through(budgets: &Budgets, subject: &str, from: Origin, tries: usize) -> usize {
        let mut count = 0;
        for _ in 0..tries {
            count += usize::from(Guesses::take(budgets, subject, from).await.is_ok());
        }
        count
    }

    #[tokio::test]
    async fn guesses_are_counted_for_each_account_and_each_address() {
        let budgets = budgets(3, 100, 5);

        assert_eq!(through(&budgets, "ada", from("192.0.2.1"), 10).await, 3);
        assert_eq!(through(&budgets, "ada", from("192.0.2.2"), 10).await, 0, "from anywhere");
        assert_eq!(through(&budgets, "bob", from("192.0.2.1"), 10).await, 2, "at anybody");
        assert_eq!(through(&budgets, "bob", from("192.0.2.2"), 10).await, 1);
    }

    #[tokio::test]
    async fn right_guesses_and_refused_ones_count_nowhere() {
        let budgets = budgets(3, 4, 100);
        let here = from("192.0.2.1");

        for _ in 0..50 {
            assert_eq!(Guesses::take(&budgets, "ada", here).await, Ok(()));
            Guesses::give_back(&budgets, "ada", here).await;
        }
        assert_eq!(through(&budgets, "ada", here, 50).await, 3);
        let slow = Bucket { tier: Tier::ManyGuessesAtAccount, key: "ada".to_owned() };
        assert_eq!(budgets.available(&slow).await, 1);
    }
}
