-- Between which two a complete run went: a zero in one target says nothing of another.
ALTER TABLE completions ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE completions ADD COLUMN target TEXT NOT NULL DEFAULT '';
UPDATE completions SET
  source = coalesce((SELECT r.source FROM runs r WHERE r.id = completions.run_id), ''),
  target = coalesce((SELECT r.target FROM runs r WHERE r.id = completions.run_id), '');

-- What a run still had to send when it came to its end is missing until somebody says that it came.
UPDATE runs SET unsent = 0 WHERE status IN ('ended', 'failed', 'complete');
DROP INDEX runs_unsent;
CREATE INDEX runs_unsent ON runs (seq) WHERE unsent > 0 AND status <> 'complete';
