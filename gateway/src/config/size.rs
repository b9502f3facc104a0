//! A number of bytes, written as people write it: `64 KiB`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// So many bytes.
    #[must_use]
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many times 1,048,576 bytes.
    #[must_use]
    pub const fn mebibytes(mebibytes: u64) -> Self {
        Self(mebibytes << 20)
    }

    /// As a length in memory.
    #[must_use]
    pub fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .into_iter()
            .find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or(("B", 1));
        write!(formatter, "{} {unit}", self.0 / size)
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "" => "B",
            unit => unit,
        };
        let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let number = digits.trim().parse::<u64>().ok();
        number
            .zip(factor)
            .and_then(|(number, (_, factor))| number.checked_mul(*factor))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no size such as `64 KiB` or `1 MiB`"))
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A plain number arrives as its text, too.
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_back_as_they_are_written() {
        for (text, bytes) in [("1 MiB", 1 << 20), ("64 KiB", 65_536), ("1500 B", 1_500), ("0 B", 0)] {
            assert_eq!(text.parse(), Ok(ByteSize::bytes(bytes)));
            assert_eq!(ByteSize::bytes(bytes).to_string(), text);
        }
        assert_eq!("2mib".parse(), Ok(ByteSize::mebibytes(2)));
        assert_eq!("100".parse(), Ok(ByteSize::bytes(100)));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "much", "1 MB", "-1", "1.5 MiB", "99999999999 GiB"] {
            assert_eq!(
                text.parse::<ByteSize>(),
                Err(format!("`{text}` is no size such as `64 KiB` or `1 MiB`"))
            );
        }
    }
}
