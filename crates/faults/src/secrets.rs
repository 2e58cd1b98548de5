//! The judge of what was logged: no line tells a secret.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// How the secrets begin that are recognized by it: API keys, enrol and worker tokens, a provider's signing secrets and keys.
const BEGINNINGS: [&str; 5] = ["gk_", "ge_", "gw_", "whsec_", "sk_"];
/// What begins so and is shorter is a name and no secret.
const SECRET_CHARACTERS: usize = 30;
/// The head of a signed token: a JSON object in Base64.
const TOKEN_HEAD: &str = "eyJ";
const TOKEN_HEAD_CHARACTERS: usize = 16;

/// The lines in the log files of a folder that tell a secret.
pub fn told_in_logs(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("the folder of the logs can be read");
    let logs = files
        .map(|file| file.expect("a file of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.flat_map(|log| {
        let lines = BufReader::new(File::open(log).expect("a log can be read")).lines();
        lines
            .map_while(Result::ok)
            .filter(|line| tells_secret(line))
    })
    .collect()
}

/// Whether a line holds what only its owner may know.
pub fn tells_secret(line: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let mut words = line.split(|character| !is_part(character));
    words.any(is_secret) || line.split(char::is_whitespace).any(holds_password)
}

fn is_secret(word: &str) -> bool {
    let is_of_ours = BEGINNINGS.iter().any(|start| word.starts_with(start));
    is_of_ours && word.len() >= SECRET_CHARACTERS
        || word.starts_with(TOKEN_HEAD) && word.len() >= TOKEN_HEAD_CHARACTERS
}

/// Whether there is an address in it as `scheme://user:password@host`.
fn holds_password(word: &str) -> bool {
    word.split("://").skip(1).any(|address| {
        let authority = address.split('/').next().unwrap_or_default();
        authority
            .split_once('@')
            .and_then(|(login, _)| login.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}
