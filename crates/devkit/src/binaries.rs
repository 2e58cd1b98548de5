//! Where Gantry's own binaries are: beside the running one.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The binaries a stack consists of.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// `gantry-api`
    pub api: PathBuf,
    /// `gantry-worker`
    pub worker: PathBuf,
    /// `gantry-migrate`
    pub migrate: PathBuf,
}

impl Binaries {
    /// The binaries beside the current executable. A test executable lies one folder deeper, in `deps`.
    pub fn locate() -> Result<Self> {
        let executable =
            env::current_exe().map_err(Error::while_trying("find the current executable"))?;
        Self::beside(&executable)
    }

    fn beside(executable: &Path) -> Result<Self> {
        let folders: Vec<&Path> = executable.ancestors().skip(1).take(2).collect();
        let find = |binary: &'static str| {
            let places = folders.iter().map(|folder| folder.join(binary));
            places
                .into_iter()
                .find(|place| place.is_file())
                .ok_or_else(|| Error::BinaryMissing {
                    binary,
                    executable: executable.to_owned(),
                })
        };
        Ok(Self {
            api: find("gantry-api")?,
            worker: find("gantry-worker")?,
            migrate: find("gantry-migrate")?,
        })
    }
}
