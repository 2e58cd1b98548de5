//! The live feed: what workers publish of running jobs, and how the API's followers hear it.

mod follower;
mod hub;
mod publish;

pub use follower::{FeedEvent, Follower};
pub use hub::FeedHub;
pub use publish::{JobEnded, JobLines};
