-- What was told outside of runs while something was tried is not older than that try's success.
ALTER TABLE successes ADD COLUMN began_at TEXT;   -- NULL: it was told at once
