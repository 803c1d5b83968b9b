-- Between which two a complete run went: a zero in one target says nothing of another.
ALTER TABLE completions ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE completions ADD COLUMN target TEXT NOT NULL DEFAULT '';
UPDATE completions SET
  source = coalesce((SELECT r.source FROM runs r WHERE r.id = completions.run_id), ''),
  target = coalesce((SELECT r.target FROM runs r WHERE r.id = completions.run_id), '');
