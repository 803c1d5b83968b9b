-- Of which parts each run tried some, by type; '' is all of them, of a whole that was not told alone.
CREATE TABLE run_parts (
  run_id      TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  part        TEXT NOT NULL,
  PRIMARY KEY (run_id, entity_type, part)
);
