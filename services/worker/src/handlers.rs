//! The kinds this worker brings along; one file per kind.

mod command;
mod email_send;
mod people_export;
mod qe_relax;
mod system_ping;

pub use command::{COMMAND_STOP_GRACE, CommandHandler, RESULT_FILE_LIMIT_BYTES};
pub use email_send::EmailSend;
pub use people_export::PeopleExport;
pub use qe_relax::{QeInstallation, QeNotInstalled, QeRelax, StoredRelaxResult};
pub use system_ping::SystemPing;
