//! Runs the real `pw.x` on emitted inputs, each in a folder of its own that is removed afterwards.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use gantry_quantum_espresso::{
    InputLimits, ProcessExit, ProgressReader, RelaxInput, RunMarkers, RunSettings, StartMode,
    Verdict, judge,
};

const PSEUDO_DIR: &str = "/usr/share/espresso/pseudo";

/// What one run printed and left behind.
pub struct Run {
    pub input: RelaxInput,
    pub emitted: String,
    pub exit: ProcessExit,
    pub standard_output: String,
    pub standard_error: String,
    pub markers: RunMarkers,
    pub result_file: Option<String>,
}

impl Run {
    pub fn verdict(&self) -> Verdict {
        judge(
            &self.input,
            self.exit,
            &self.markers,
            self.result_file.as_deref(),
        )
    }
}

/// Parses `text`, runs `pw.x` on what is emitted for it and waits for the end.
pub fn run(text: &str) -> Run {
    run_for_at_most(text, None)
}

/// Like [`run`], with `max_seconds` set by the service.
pub fn run_for_at_most(text: &str, max_seconds: Option<u32>) -> Run {
    let input = RelaxInput::parse(text, &InputLimits::default()).expect("the input is accepted");
    let emitted = input
        .emit(&RunSettings {
            pseudo_dir: PSEUDO_DIR.to_owned(),
            outdir: "./scratch".to_owned(),
            prefix: "job".to_owned(),
            start: StartMode::FromScratch,
            max_seconds,
        })
        .expect("the settings are plain");
    let folder = Folder::create();
    std::fs::write(folder.0.join("pw.in"), &emitted).expect("the folder is writable");
    let output = Command::new(pw_x())
        .args(["-i", "pw.in"])
        .current_dir(&folder.0)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", &folder.0)
        .env("TMPDIR", &folder.0)
        .env("OMPI_MCA_ess_singleton_isolated", "1")
        .output()
        .expect("pw.x starts");
    let standard_output = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut reader = ProgressReader::new();
    for line in standard_output.lines() {
        reader.read_line(line);
    }
    let exit = match output.status.code() {
        Some(code) => ProcessExit::Code(code),
        None => {
            use std::os::unix::process::ExitStatusExt;
            ProcessExit::Signal(output.status.signal().expect("no code means a signal"))
        }
    };
    let result_file = folder.0.join("scratch/job.save/data-file-schema.xml");
    Run {
        input,
        emitted,
        exit,
        standard_output,
        standard_error: String::from_utf8_lossy(&output.stderr).into_owned(),
        markers: reader.markers().clone(),
        result_file: std::fs::read_to_string(result_file).ok(),
    }
}

fn pw_x() -> PathBuf {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&search_path)
        .map(|folder| folder.join("pw.x"))
        .find(|program| program.is_file())
        .filter(|_| Path::new(PSEUDO_DIR).is_dir())
        .expect("pw.x is not installed: apt-get install quantum-espresso quantum-espresso-data")
}

struct Folder(PathBuf);

impl Folder {
    fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pw-x-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir(&folder).expect("the temporary folder is writable");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail a test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
