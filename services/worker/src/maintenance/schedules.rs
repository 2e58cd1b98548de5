//! Schedules: those that are due submit their jobs.

use gantry_crash_points::{CrashPoint, reach};
use gantry_queue::Queue;
use gantry_store::{StoreError, WorkerStore};

/// How many schedules are fired at once; each may hold a payload of the largest size.
const BATCH_SCHEDULES: u32 = 32;

pub(super) async fn fire(store: &WorkerStore, queue: &Queue) -> Result<(), StoreError> {
    loop {
        let fired = store.fire_due_schedules(BATCH_SCHEDULES).await?;
        for schedule in &fired.put_off {
            tracing::warn!(schedule_id = %schedule.schedule_id, reason = schedule.reason,
                    "a schedule was put off that this version does not understand");
        }
        reach(CrashPoint::SchedulesFired);
        if let Err(error) = queue.ring(&fired.doorbells).await {
            tracing::warn!(%error, "the jobs of schedules could not be announced; the reconciler will");
        }
        if fired.due < BATCH_SCHEDULES as usize {
            return Ok(());
        }
    }
}
