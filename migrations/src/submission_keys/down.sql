DROP TABLE idempotency_keys;
DROP INDEX jobs_ended_in_error;
DROP INDEX jobs_unique_live;
ALTER TABLE jobs DROP COLUMN unique_key;
