//! A whole Gantry made of its real binaries, for tests that kill and freeze them and look at what is left.

mod calls;
mod doomed;
mod effect;
mod effects;
mod event_stream;
mod installation;
mod link;
mod outcomes;
mod processes;
mod secrets;
mod sign_up;

pub use calls::Calls;
pub use doomed::Doomed;
pub use effect::{Effect, EffectEvent, EffectLine, EffectPayload};
pub use effects::Effects;
pub use event_stream::{EventStream, StreamedEvent};
pub use installation::{Installation, InstallationBuilder};
pub use link::Link;
pub use processes::{is_alive, peak_memory_mib, processes_working_below};
pub use secrets::{tells_secret, told_in_logs};
pub use sign_up::SignUp;
