//! The password of a private server, made once per folder and kept in a file only its account can read.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result};

const RANDOM_BYTES: usize = 24;

/// The password kept in `file`, which is made with mode 0600 when it does not exist.
pub(crate) fn kept_in(file: &Path) -> Result<String> {
    match fs::read_to_string(file) {
        Ok(password) => Ok(password),
        Err(missing) if missing.kind() == ErrorKind::NotFound => make(file),
        Err(refused) => Err(Error::while_trying(format!("read {}", file.display()))(
            refused,
        )),
    }
}

fn make(file: &Path) -> Result<String> {
    let mut random = [0_u8; RANDOM_BYTES];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .map_err(Error::while_trying("read random bytes from /dev/urandom"))?;
    let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(password.as_bytes()))
        .map_err(Error::while_trying(format!("write {}", file.display())))?;
    Ok(password)
}
