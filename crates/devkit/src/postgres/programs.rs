//! Where PostgreSQL's own programs are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where distributions keep one folder per version; `bin` is below it.
const VERSIONED_FOLDERS: [&str; 1] = ["/usr/lib/postgresql"];

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) postgres: PathBuf,
    pub(crate) initdb: PathBuf,
    pub(crate) psql: PathBuf,
}

impl Programs {
    /// The installation in PATH, else the newest one of the system's packages.
    pub(crate) fn find() -> Result<Self> {
        folders_of_path()
            .chain(newest_first(&VERSIONED_FOLDERS))
            .find_map(|folder| Self::all_in(&folder))
            .ok_or_else(|| Error::ProgramMissing {
                program: "PostgreSQL's server".to_owned(),
                hint: "Debian and Ubuntu: apt-get install postgresql",
            })
    }

    /// A link in PATH is followed, because the other programs stand beside what it points to.
    fn all_in(folder: &Path) -> Option<Self> {
        let postgres = folder.join("postgres").canonicalize().ok()?;
        let installation = postgres.parent()?;
        let (initdb, psql) = (installation.join("initdb"), installation.join("psql"));
        (initdb.is_file() && psql.is_file()).then(|| Self {
            postgres: postgres.clone(),
            initdb,
            psql,
        })
    }
}

fn folders_of_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn newest_first(parents: &[&str]) -> impl Iterator<Item = PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = parents
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, folder)| folder)
}
