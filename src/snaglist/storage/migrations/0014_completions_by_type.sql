-- When a run had tried everything of a project and type, '' being all of either; the newest few of each.
DROP TABLE completions;
CREATE TABLE completions (
  project      TEXT NOT NULL,
  entity_type  TEXT NOT NULL,
  completed_at TEXT NOT NULL,
  run_id       TEXT NOT NULL,
  PRIMARY KEY (project, entity_type, completed_at, run_id)
);
CREATE INDEX completions_by_run ON completions (run_id);

-- [sqlite]
INSERT OR IGNORE INTO completions (project, entity_type, completed_at, run_id)
SELECT coalesce(p.value, ''), coalesce(t.value, ''), r.completed_at, r.id
FROM runs r LEFT JOIN json_each(r.scope, '$.projects') p LEFT JOIN json_each(r.scope, '$.entity_types') t
WHERE r.completed_at IS NOT NULL;
-- [postgresql]
INSERT INTO completions (project, entity_type, completed_at, run_id)
SELECT coalesce(p.value, ''), coalesce(t.value, ''), r.completed_at, r.id
FROM runs r
LEFT JOIN LATERAL jsonb_array_elements_text(r.scope::jsonb -> 'projects') p(value) ON true
LEFT JOIN LATERAL jsonb_array_elements_text(r.scope::jsonb -> 'entity_types') t(value) ON true
WHERE r.completed_at IS NOT NULL
ON CONFLICT DO NOTHING;
