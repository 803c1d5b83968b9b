-- When a run had tried everything of a project, '' being all projects; the newest few of each.
CREATE TABLE completions (
  project      TEXT NOT NULL,
  completed_at TEXT NOT NULL,
  run_id       TEXT NOT NULL,
  PRIMARY KEY (project, completed_at, run_id)
);
CREATE INDEX completions_by_run ON completions (run_id);
DROP INDEX runs_complete;

-- Runs that stopped on their way.
CREATE INDEX runs_stopped ON runs (seq) WHERE status IN ('abandoned', 'failed');

-- [sqlite]
INSERT OR IGNORE INTO completions (project, completed_at, run_id)
SELECT coalesce(p.value, ''), r.completed_at, r.id
FROM runs r LEFT JOIN json_each(r.scope, '$.projects') p
WHERE r.completed_at IS NOT NULL AND json_array_length(r.scope, '$.entity_types') = 0;
-- [postgresql]
INSERT INTO completions (project, completed_at, run_id)
SELECT coalesce(p.value, ''), r.completed_at, r.id
FROM runs r
LEFT JOIN LATERAL jsonb_array_elements_text(r.scope::jsonb -> 'projects') p(value) ON true
WHERE r.completed_at IS NOT NULL AND jsonb_array_length(r.scope::jsonb -> 'entity_types') = 0
ON CONFLICT DO NOTHING;
