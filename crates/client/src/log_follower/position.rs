//! How far a follower has come, and whether a line is the one that follows.

use gantry_domain::LogCursor;

/// How far a follower has come.
#[derive(Debug)]
pub(super) struct Position {
    last: Option<LogCursor>,
    /// The first line may be any, because only the end of the log was asked for.
    starts_anywhere: bool,
    /// The line that came too early, for which the stored log was asked already.
    asked_again_for: Option<LogCursor>,
    announced_attempt: u32,
    truncated_attempt: u32,
}

/// Where a line stands in relation to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// It is the one that follows.
    Next,
    /// It was there before.
    Repeated,
    /// There should be others before it.
    Ahead {
        /// It came too early before: the lines are not stored either.
        asked_again: bool,
    },
}

impl Position {
    pub(super) fn new(starts_anywhere: bool) -> Self {
        Self {
            last: None,
            starts_anywhere,
            asked_again_for: None,
            announced_attempt: 0,
            truncated_attempt: 0,
        }
    }

    /// The last line that was told.
    pub(super) fn last(&self) -> Option<LogCursor> {
        self.last
    }

    /// Where the line at `cursor` stands.
    pub(super) fn order(&mut self, cursor: LogCursor) -> Order {
        let follows = match self.last {
            None => self.starts_anywhere || cursor.seq == 1,
            Some(last) if cursor <= last => return Order::Repeated,
            Some(last) if cursor.attempt == last.attempt => cursor.seq == last.seq + 1,
            Some(_) => cursor.seq == 1,
        };
        if follows {
            return Order::Next;
        }
        let asked_again = self.asked_again_for == Some(cursor);
        self.asked_again_for = Some(cursor);
        Order::Ahead { asked_again }
    }

    /// The line at `cursor` was told.
    pub(super) fn advance(&mut self, cursor: LogCursor) {
        self.last = Some(cursor);
    }

    /// Whether `attempt` is news.
    pub(super) fn note_attempt(&mut self, attempt: u32) -> bool {
        let is_news = attempt > self.announced_attempt;
        self.announced_attempt = self.announced_attempt.max(attempt);
        is_news
    }

    /// Whether it is news that the log of `attempt` is truncated.
    pub(super) fn note_truncation(&mut self, attempt: u32) -> bool {
        let is_news = attempt > self.truncated_attempt;
        self.truncated_attempt = self.truncated_attempt.max(attempt);
        is_news
    }
}
