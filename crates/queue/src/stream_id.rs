//! The id of a stream entry, which orders the entries of one stream.

use std::fmt;
use std::str::FromStr;

/// The id of a stream entry: milliseconds of Redis' clock and a running number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct StreamId {
    milliseconds: u64,
    number: u64,
}

impl StreamId {
    /// Behind which there is none.
    pub(crate) const LAST: Self = Self {
        milliseconds: u64::MAX,
        number: u64::MAX,
    };
}

/// A text that is no stream id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidStreamId;

impl FromStr for StreamId {
    type Err = InvalidStreamId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (milliseconds, number) = text.split_once('-').ok_or(InvalidStreamId)?;
        Ok(Self {
            milliseconds: milliseconds.parse().map_err(|_| InvalidStreamId)?,
            number: number.parse().map_err(|_| InvalidStreamId)?,
        })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.milliseconds, self.number)
    }
}
