//! Ratings: counts of stars and what follows from them.

use async_graphql::SimpleObject;

/// Average and spread of the stars given in reviews.
#[derive(Debug, PartialEq, SimpleObject)]
pub(crate) struct RatingSummary {
    /// From 1 to 5, null without reviews.
    average: Option<f64>,
    /// Number of reviews.
    count: i32,
    /// Number of reviews with 1, 2, 3, 4 and 5 stars.
    histogram: Vec<i32>,
}

impl From<[i64; 5]> for RatingSummary {
    fn from(ratings: [i64; 5]) -> Self {
        let count: i64 = ratings.iter().sum();
        let stars: i64 = ratings.iter().zip(1..).map(|(count, stars)| count * stars).sum();
        Self {
            // Review counts are far below 2^53, so the division is as exact as it can be.
            average: (count > 0).then(|| stars as f64 / count as f64),
            count: shown(count),
            histogram: ratings.map(shown).to_vec(),
        }
    }
}

fn shown(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_weighs_the_stars_and_is_absent_without_reviews() {
        assert_eq!(
            RatingSummary::from([1, 0, 0, 0, 3]),
            RatingSummary { average: Some(4.0), count: 4, histogram: vec![1, 0, 0, 0, 3] }
        );
        assert_eq!(RatingSummary::from([0; 5]).average, None);
    }
}
