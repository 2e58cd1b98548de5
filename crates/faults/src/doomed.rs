//! Services that die at a point of their own code.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use gantry_crash_points::CrashPoint;
use gantry_devkit::ServiceProcess;
use gantry_testkit::eventually;
use nix::sys::signal::Signal;

use crate::{Calls, Installation};

/// The variable that names the point.
const CRASH_AT: &str = "GANTRY_CRASH_AT";

/// A service that dies when it comes to a point.
#[derive(Debug)]
pub struct Doomed {
    process: ServiceProcess,
    point: CrashPoint,
}

impl Installation {
    /// Starts one more worker that dies when it comes to `point` for the `count`th time, with variables of its own.
    pub fn start_doomed_worker(
        &self,
        point: CrashPoint,
        count: u32,
        environment: &[(&str, &str)],
    ) -> Doomed {
        let wish = format!("{}:{count}", point.name());
        let mut environment = environment.to_vec();
        environment.push((CRASH_AT, &wish));
        let name = format!("doomed-{}", point.name());
        let spawned = self.stack.spawn_worker(&name, &environment);
        Doomed {
            process: spawned.unwrap_or_else(|error| panic!("{error}")),
            point,
        }
    }

    /// Starts one more API that dies when it first comes to `point`, and says how to call it.
    pub fn start_doomed_api(&self, point: CrashPoint) -> (Doomed, Calls) {
        let name = format!("doomed-{}", point.name());
        let spawned = self.stack.spawn_api(&name, &[(CRASH_AT, point.name())]);
        let (process, address) = spawned.unwrap_or_else(|error| panic!("{error}"));
        let calls = Calls::new(&format!("http://{address}"));
        (Doomed { process, point }, calls)
    }
}

impl Doomed {
    /// Asks it to end in an orderly way.
    pub fn terminate(&mut self) {
        let terminated = self.process.terminate();
        terminated.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until it has died, and fails unless that was at its point.
    pub async fn wait_until_dead(&mut self, limit: Duration) {
        let point = self.point;
        let process = std::cell::RefCell::new(&mut self.process);
        let status = eventually(limit, async || {
            let looked = process.borrow_mut().exit_status();
            let status = looked.map_err(|error| error.to_string())?;
            status.ok_or_else(|| format!("{} was not reached", point.name()))
        })
        .await;
        assert_eq!(
            status.signal(),
            Some(Signal::SIGABRT as i32),
            "{} ended otherwise: {status}\n{}",
            point.name(),
            self.process.log_tail()
        );
    }
}
