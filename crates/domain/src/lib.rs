//! Pure words of the job service: ids, jobs, the state machine, retry arithmetic, kinds and log lines.
