//! Sums of minor units.

/// The largest amount that clients read exactly, 2^53 - 1. No line comes to
/// more, so that no sum of lines leaves an `i64`.
pub(crate) const MAX_AMOUNT: i64 = (1 << 53) - 1;

/// What these units come to.
pub(super) fn times(quantity: i32, unit_price: i64) -> i64 {
    narrow(i128::from(quantity) * i128::from(unit_price))
}

/// A share in hundredths of a percent, rounded half up.
pub(super) fn share(amount: i64, basis_points: i32) -> i64 {
    narrow((i128::from(amount) * i128::from(basis_points) + 5_000).div_euclid(10_000))
}

fn narrow(amount: i128) -> i64 {
    i64::try_from(amount.clamp(0, MAX_AMOUNT.into())).unwrap_or(MAX_AMOUNT)
}
