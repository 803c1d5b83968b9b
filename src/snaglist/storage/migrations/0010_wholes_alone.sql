-- A success of a whole entity speaks for all its parts, or for the whole alone: two rows, since a
-- late failure of a part is older than the one and has nothing to do with the other.
ALTER TABLE successes RENAME TO successes_before;

CREATE TABLE successes (
  source      TEXT NOT NULL,
  target      TEXT NOT NULL,
  entity_id   TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  part        TEXT NOT NULL,
  came_over_at TEXT NOT NULL,
  target_url  TEXT,
  is_alone    BOOLEAN NOT NULL,   -- of the whole, and its parts are told of apart
  PRIMARY KEY (source, target, entity_id, entity_type, part, is_alone)
);
INSERT INTO successes
  SELECT source, target, entity_id, entity_type, part, came_over_at, target_url, false
  FROM successes_before;

DROP TABLE successes_before;
