-- None where the kind's delays hold.
ALTER TABLE jobs
    ADD COLUMN retry_base_seconds integer,
    ADD COLUMN retry_max_seconds integer;
ALTER TABLE jobs ADD CONSTRAINT jobs_retry_delays CHECK (
    (retry_base_seconds IS NULL AND retry_max_seconds IS NULL)
    OR (retry_base_seconds >= 0 AND retry_max_seconds >= retry_base_seconds)
) NOT VALID;

-- As for the other columns that a staged job may have.
GRANT INSERT (retry_base_seconds, retry_max_seconds) ON jobs TO gantry_worker;
