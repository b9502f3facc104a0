//! The plans on offer.

use kit::ids::PlanId;

/// A plan; prices in euro cents for a period.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Its id; it never changes.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) price: i64,
    pub(crate) features: &'static [&'static str],
    /// Units included in a period, by metric.
    pub(crate) quotas: &'static [(&'static str, i64)],
}

/// All plans, the cheapest first; the first one is free.
pub(crate) const PLANS: [Plan; 3] = [
    Plan {
        id: "plan_0000000000000000000000FREE",
        name: "Free",
        price: 0,
        features: &["context.generate"],
        quotas: &[("context.generations", 20), ("context.tokens", 50_000)],
    },
    Plan {
        id: "plan_00000000000000000000000PR0",
        name: "Pro",
        price: 1_900,
        features: &["context.generate", "context.share"],
        quotas: &[("context.generations", 1_000), ("context.tokens", 2_000_000)],
    },
    Plan {
        id: "plan_0000000000000000000000TEAM",
        name: "Team",
        price: 7_900,
        features: &["context.generate", "context.share", "collaboration.rooms"],
        quotas: &[("context.generations", 10_000), ("context.tokens", 20_000_000)],
    },
];

/// What everybody has.
pub(crate) const fn free() -> &'static Plan {
    &PLANS[0]
}

/// The plan with this id.
pub(crate) fn plan(id: PlanId) -> Option<&'static Plan> {
    let id = id.to_string();
    PLANS.iter().find(|plan| plan.id == id)
}

impl Plan {
    /// How much of a metric is included in a period.
    pub(crate) fn included(&self, metric: &str) -> i64 {
        self.quotas.iter().find(|(name, _)| *name == metric).map_or(0, |(_, included)| *included)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_is_found_by_its_id() {
        for own in &PLANS {
            let id: PlanId = own.id.parse().expect("a plan's id");
            assert_eq!(plan(id).map(|plan| plan.name), Some(own.name));
        }
    }
}
