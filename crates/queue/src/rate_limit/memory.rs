//! The budgets of this process alone, for as long as Redis is away.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use gantry_domain::RequestBudget;

use super::{RateBucket, Verdict};

/// How many budgets are kept; beyond that those that are whole are forgotten, and where that is not enough half of them,
/// whichever.
const CAPACITY: usize = 100_000;

/// The budgets of this process, by the moment at which each will have come back.
pub(crate) struct MemoryBudgets {
    began_at: Instant,
    whole_at_microseconds: Mutex<HashMap<RateBucket, u64>>,
}

impl MemoryBudgets {
    pub(crate) fn new() -> Self {
        Self {
            began_at: Instant::now(),
            whole_at_microseconds: Mutex::default(),
        }
    }

    pub(crate) fn take(&self, buckets: &[RateBucket]) -> Verdict {
        let now = u64::try_from(self.began_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut whole_at = self
            .whole_at_microseconds
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut budgets: Vec<RequestBudget> = buckets
            .iter()
            .map(|bucket| {
                let known = whole_at.get(bucket).copied();
                RequestBudget::at(bucket.rate, now, known.unwrap_or_default())
            })
            .collect();
        let is_let_through = RequestBudget::take_one(&mut budgets);
        if is_let_through {
            make_room(&mut whole_at, now);
            for (bucket, budget) in buckets.iter().zip(&budgets) {
                let backlog = u64::try_from(budget.whole_after().as_micros()).unwrap_or(u64::MAX);
                whole_at.insert(*bucket, now.saturating_add(backlog));
            }
        }
        Verdict {
            is_let_through,
            budgets,
        }
    }
}

fn make_room(whole_at: &mut HashMap<RateBucket, u64>, now: u64) {
    if whole_at.len() < CAPACITY {
        return;
    }
    whole_at.retain(|_, moment| *moment > now);
    let mut surplus = whole_at.len().saturating_sub(CAPACITY / 2);
    whole_at.retain(|_, _| {
        let is_surplus = surplus > 0;
        surplus = surplus.saturating_sub(1);
        !is_surplus
    });
}
