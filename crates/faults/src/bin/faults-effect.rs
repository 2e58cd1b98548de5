//! The program behind the test kind: tells the effects file that it began, goes on and ended.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write, stdin, stdout};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio, id};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gantry_faults::{EffectEvent, EffectLine, EffectPayload};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::setsid;

/// How often a run that goes on says so.
const BEAT: Duration = Duration::from_millis(20);
/// A descendant that nobody kills ends by itself after this long.
const DESCENDANT_BEATS: u32 = 3_000;
const MIB: usize = 1024 * 1024;
/// The first argument of a descendant.
const DESCENDANT: &str = "descendant";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ended = match arguments.as_slice() {
        [word] if word == DESCENDANT => outlive_everyone(),
        [effects_file] => run(Path::new(effects_file)),
        _ => Err(io::Error::other("usage: faults-effect EFFECTS_FILE")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(effects_file: &Path) -> io::Result<()> {
    let payload: EffectPayload = serde_json::from_reader(stdin().lock())?;
    if payload.ignores_terminate {
        // Blocked rather than ignored: a program that is started inherits it all the same.
        SigSet::from_iter([Signal::SIGTERM]).thread_block()?;
    }
    let mut journal = Journal::open(effects_file, &payload.label)?;
    journal.tell(EffectEvent::Start)?;
    for _ in 0..payload.grandchildren {
        start_descendant()?;
    }
    let held = vec![1_u8; payload.memory_mib * MIB];
    if let Some(path) = &payload.writes_to {
        fs::write(path, "written")?;
    }
    print_at_once(&payload)?;
    let mut printed = 0;
    loop {
        if printed < payload.lines {
            printed += 1;
            println!("line {printed}");
        }
        let is_held = payload
            .gate
            .as_ref()
            .is_some_and(|gate| !Path::new(gate).exists());
        if printed >= payload.lines && !is_held {
            break;
        }
        sleep(BEAT);
        journal.tell(EffectEvent::Beat)?;
    }
    drop(held);
    journal.tell(EffectEvent::End)?;
    if payload.fails {
        return Err(io::Error::other("it was asked to fail"));
    }
    Ok(())
}

fn print_at_once(payload: &EffectPayload) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(MIB, stdout().lock());
    let padding = " ".repeat(payload.padding_bytes);
    for number in 1..=payload.lines_at_once {
        writeln!(output, "line {number}{padding}")?;
    }
    if payload.long_line_bytes > 0 {
        io::copy(
            &mut io::repeat(b'x').take(payload.long_line_bytes),
            &mut output,
        )?;
        writeln!(output)?;
    }
    output.flush()
}

/// Leaves the group, the session and the parent.
fn start_descendant() -> io::Result<()> {
    Command::new("/proc/self/exe")
        .arg(DESCENDANT)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

fn outlive_everyone() -> io::Result<()> {
    setsid()?;
    for _ in 0..DESCENDANT_BEATS {
        sleep(BEAT);
    }
    Ok(())
}

/// The lines of one run.
struct Journal {
    file: File,
    line: EffectLine,
}

impl Journal {
    fn open(effects_file: &Path, label: &str) -> io::Result<Self> {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_err(io::Error::other)?;
        Ok(Self {
            file: OpenOptions::new()
                .append(true)
                .create(true)
                .open(effects_file)?,
            line: EffectLine {
                label: label.to_owned(),
                run: format!("{}-{}", id(), since_epoch.as_nanos()),
                event: EffectEvent::Start,
            },
        })
    }

    /// One write for the whole line, so that lines of several runs never mix.
    fn tell(&mut self, event: EffectEvent) -> io::Result<()> {
        self.line.event = event;
        let mut line = serde_json::to_vec(&self.line)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}
