-- Whether the job's text was edited since the file was written. A flag, as it has an index: what is
-- to be written anew is found at each start among all files that ever were.
ALTER TABLE outputs ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outputs_behind ON outputs (job) WHERE behind;

UPDATE outputs SET behind = 1 WHERE sha256 IS NOT NULL AND EXISTS (
    SELECT 1 FROM jobs j JOIN edits e ON e.job = j.seq WHERE j.id = outputs.job AND e.at > outputs.at
);
