//! The command line as a process, as a user runs it.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

use crate::scripted_server::ScriptedServer;

/// `gantry` with `arguments` against `server`, with nothing else in its environment.
pub fn command(server: &ScriptedServer, arguments: &[&str]) -> Command {
    let mut command = bare_command(arguments);
    command.env("GANTRY_URL", &server.url);
    command
}

/// `gantry` with `arguments` and an empty environment.
pub fn bare_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub fn run(server: &ScriptedServer, arguments: &[&str]) -> Output {
    finish(start(&mut command(server, arguments)))
}

/// Runs it to its end with `input` on standard input.
pub fn run_with_input(server: &ScriptedServer, arguments: &[&str], input: &str) -> Output {
    let mut child = start(&mut command(server, arguments));
    let mut standard_input = child.stdin.take().expect("standard input is piped");
    standard_input
        .write_all(input.as_bytes())
        .expect("it reads its input");
    drop(standard_input);
    finish(child)
}

/// Starts it.
pub fn start(command: &mut Command) -> Child {
    command.spawn().expect("gantry starts")
}

/// Waits for its end.
pub fn finish(child: Child) -> Output {
    child.wait_with_output().expect("gantry ends")
}

/// Its exit status.
pub fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Everything a user sees, for a snapshot; the server's address, which differs, is written as `URL`.
pub fn seen(server: &ScriptedServer, output: &Output) -> String {
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec())
            .expect("gantry writes UTF-8")
            .replace(&server.url, "URL")
    };
    format!(
        "exit status {}\n--- standard output\n{}--- standard error\n{}",
        status(output).unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr)
    )
}
