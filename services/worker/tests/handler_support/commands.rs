//! Command kinds made of shell scripts, and what their scripts tell.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gantry_domain::JobId;
use gantry_testkit::eventually;
use gantry_worker::handlers::CommandHandler;
use gantry_worker::kinds_file::{CommandKind, read_kinds_file};

use crate::bench::{Bench, LIMIT};

/// The name of every kind here.
pub const KIND: &str = "test.script.v1";

/// A kind that runs a shell script; `fields` are further lines of its declaration.
pub fn shell(script: &str, fields: &str) -> CommandKind {
    read(&format!(
        "program = '/bin/sh'\narguments = ['-c', '''{script}''']\n{fields}"
    ))
}

/// A kind whose program is there when the kinds file is read, and gone when it is to run.
pub fn kind_of_a_program_that_goes_away(folder: &Path) -> CommandKind {
    let program = folder.join("program");
    fs::write(&program, "#!/bin/sh\n").expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("made executable");
    let kind = read(&format!("program = '{}'", program.display()));
    fs::remove_file(&program).expect("removed");
    kind
}

pub fn handler(kind: &CommandKind, bench: &Bench) -> CommandHandler {
    CommandHandler::new(kind.clone(), bench.programs()).expect("a schema that was checked")
}

/// The process ids that a script tells as `pid NUMBER`, once there are `count` of them.
pub async fn processes_told(bench: &Bench, job_id: JobId, count: usize) -> Vec<String> {
    eventually(LIMIT, || async {
        let lines = bench.log(job_id).await;
        let told: Vec<_> = lines
            .iter()
            .filter_map(|line| line.text.strip_prefix("pid "))
            .map(str::to_owned)
            .collect();
        if told.len() >= count {
            Ok(told)
        } else {
            Err(told)
        }
    })
    .await
}

fn read(fields: &str) -> CommandKind {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kinds.toml");
    let any_payload = match fields.contains("payload_schema") {
        true => "",
        false => "payload_schema = {}",
    };
    let text = format!(
        "[[kind]]\nname = '{KIND}'\ndescription = 'Runs a test.'\ntimeout_seconds = 60\nmemory_limit_mb = 512\n\
         {any_payload}\n{fields}"
    );
    fs::write(&file, text).expect("written");
    let mut kinds = read_kinds_file(&file, &|_| None).unwrap_or_else(|error| panic!("{error}"));
    kinds.remove(0)
}
