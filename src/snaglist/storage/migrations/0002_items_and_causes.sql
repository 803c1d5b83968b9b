-- Whose failure a record is and why: items, causes, their counts, and who did what.

ALTER TABLE records ADD COLUMN item_id TEXT;
ALTER TABLE records ADD COLUMN fingerprint TEXT;
ALTER TABLE records ADD COLUMN project TEXT;
ALTER TABLE records ADD COLUMN attempted_at TEXT;
CREATE INDEX records_by_run ON records (run, seq) WHERE run IS NOT NULL;

-- One part of one entity that did not come over. `domain/item.py` says what the columns mean.
CREATE TABLE items (
  seq                   {sequence_key},
  id                    TEXT NOT NULL,
  key                   TEXT NOT NULL,
  source                TEXT NOT NULL,
  target                TEXT NOT NULL,
  entity_type           TEXT NOT NULL,
  entity_id             TEXT NOT NULL,
  part                  TEXT NOT NULL,
  name                  TEXT NOT NULL,
  project               TEXT NOT NULL,
  status                TEXT NOT NULL,
  reason                TEXT,
  since                 TEXT NOT NULL,
  decided_at            TEXT NOT NULL,
  failures              BIGINT NOT NULL,
  first_failed_at       TEXT NOT NULL,
  last_failed_at        TEXT NOT NULL,
  standing_record_id    TEXT,
  standing_is_transient BOOLEAN NOT NULL,
  fingerprint           TEXT NOT NULL,
  cause_id              TEXT NOT NULL,
  ignored_until         TEXT,
  ignored_failures      BIGINT,
  ignored_with_cause    BOOLEAN NOT NULL,
  assignee              TEXT,
  note                  TEXT,
  version               BIGINT NOT NULL,
  rank                  BIGINT NOT NULL
);
CREATE UNIQUE INDEX items_by_rank ON items (rank);
CREATE INDEX items_by_since ON items (since, rank);
CREATE UNIQUE INDEX items_by_id ON items (id);
CREATE UNIQUE INDEX items_by_key ON items (key);
CREATE INDEX items_by_entity ON items (entity_id, entity_type, source, target);
CREATE INDEX items_by_cause ON items (cause_id, status, seq);
CREATE INDEX items_by_ignored_until ON items (ignored_until) WHERE ignored_until IS NOT NULL;

-- What one fix repairs. `domain/cause.py` says what the columns mean.
CREATE TABLE causes (
  seq                {sequence_key},
  id                 TEXT NOT NULL,
  fingerprint        TEXT NOT NULL,
  known              TEXT,
  piece              TEXT NOT NULL,
  title              TEXT NOT NULL,
  is_transient       BOOLEAN NOT NULL,
  status             TEXT NOT NULL,
  since              TEXT NOT NULL,
  first_failed_at    TEXT NOT NULL,
  last_failed_at     TEXT NOT NULL,
  failures           BIGINT NOT NULL,
  open_items         BIGINT NOT NULL,
  ignored_items      BIGINT NOT NULL,
  resolved_items     BIGINT NOT NULL,
  left_resolved      BIGINT NOT NULL,
  left_moved         BIGINT NOT NULL,
  moved_to           TEXT,
  times_back         BIGINT NOT NULL,
  is_ignored         BOOLEAN NOT NULL,
  ignored_until      TEXT,
  ignored_failures   BIGINT,
  claim              TEXT,
  claimed_by         TEXT,
  claimed_at         TEXT,
  failed_since_claim BIGINT NOT NULL,
  merged_into        TEXT,
  name               TEXT,
  fix                TEXT,
  note               TEXT,
  assignee           TEXT,
  version            BIGINT NOT NULL,
  words              TEXT NOT NULL       -- by which it is found, each behind a space
);
CREATE UNIQUE INDEX causes_by_id ON causes (id);
CREATE INDEX causes_ignored ON causes (id) WHERE is_ignored;

-- Which cause a fingerprint leads to. A merge moves this pointer, never records.
CREATE TABLE fingerprints (
  fingerprint TEXT PRIMARY KEY,
  cause_id    TEXT NOT NULL,
  is_split    BOOLEAN NOT NULL
);
CREATE INDEX fingerprints_by_cause ON fingerprints (cause_id);

-- What people split off: records of a fingerprint with this piece of evidence get another one.
-- The first rule that fits counts.
CREATE TABLE splits (
  seq              {sequence_key},
  fingerprint      TEXT NOT NULL,
  piece            TEXT NOT NULL,
  value            TEXT NOT NULL,
  into_fingerprint TEXT NOT NULL
);
CREATE UNIQUE INDEX splits_by_piece ON splits (fingerprint, piece, value);

-- How many items there are, kept by whatever moves one; never counted on read.
CREATE TABLE item_counts (
  cause_id    TEXT NOT NULL,
  project     TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  bucket      TEXT NOT NULL,     -- a status, or the reason of the resolved
  items       BIGINT NOT NULL,
  PRIMARY KEY (cause_id, project, entity_type, bucket)
);
CREATE INDEX item_counts_by_project ON item_counts (project, entity_type, bucket, cause_id);

-- How many failed attempts there were, by the day of the attempt (UTC).
CREATE TABLE failure_counts (
  day      TEXT NOT NULL,
  cause_id TEXT NOT NULL,
  project  TEXT NOT NULL,
  failures BIGINT NOT NULL,
  PRIMARY KEY (day, cause_id, project)
);
CREATE INDEX failure_counts_by_cause ON failure_counts (cause_id, day);

-- When an entity or part of one was last reported to have come over.
CREATE TABLE successes (
  source      TEXT NOT NULL,
  target      TEXT NOT NULL,
  entity_id   TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  part        TEXT NOT NULL,
  came_over_at TEXT NOT NULL,
  target_url  TEXT,
  PRIMARY KEY (source, target, entity_id, entity_type, part)
);

CREATE TABLE projects (
  source  TEXT NOT NULL,
  project TEXT NOT NULL,
  name    TEXT NOT NULL,
  PRIMARY KEY (source, project)
);

-- What happened to items and causes, by whom and why. Only ever added to.
CREATE TABLE audit (
  seq       {sequence_key},
  at        TEXT NOT NULL,
  who       TEXT NOT NULL,
  event     TEXT NOT NULL,
  item_id   TEXT,
  cause_id  TEXT,                -- the cause concerned; of an item's move, the one after it
  record_id TEXT,
  before    TEXT,
  after     TEXT,
  why       TEXT,
  edit_id   TEXT,                -- the bulk edit that this is part of
  undo      TEXT                 -- JSON: what it was before, of a bulk edit
);
CREATE INDEX audit_by_item ON audit (item_id, seq);
CREATE INDEX audit_by_cause ON audit (cause_id, seq) WHERE item_id IS NULL;
CREATE INDEX audit_by_edit ON audit (edit_id, seq) WHERE edit_id IS NOT NULL;

-- What was asked for of many items, and how far it has come.
CREATE TABLE edits (
  seq       {sequence_key},
  id        TEXT NOT NULL,
  at        TEXT NOT NULL,
  who       TEXT NOT NULL,
  kind      TEXT NOT NULL,       -- the edit's name; undo and ignore_ended beside
  asked     TEXT NOT NULL,       -- JSON of the edit as it was asked for
  filter    TEXT,                -- which items, where a filter said so
  cause_id  TEXT,                -- the cause that it is an edit of
  undoes    TEXT,                -- the edit that this one takes back
  undone_by TEXT,
  before    TEXT,                -- JSON: what an undo needs beside the audit trail
  matching  BIGINT NOT NULL,
  changed   BIGINT NOT NULL,
  skipped   BIGINT NOT NULL,
  ended_at  TEXT                 -- NULL while there are slices
);
CREATE UNIQUE INDEX edits_by_id ON edits (id);
CREATE INDEX edits_by_who ON edits (who, seq);
CREATE INDEX edits_going_on ON edits (seq) WHERE ended_at IS NULL;

-- What is left to do of an edit: each row is the work of one transaction, which deletes it.
CREATE TABLE edit_slices (
  edit_id TEXT NOT NULL,
  place   BIGINT NOT NULL,
  members TEXT NOT NULL,         -- JSON: places of items; of a split, a stretch of records
  PRIMARY KEY (edit_id, place)
);

-- Making all causes again from the records: a job that a kill only interrupts.
CREATE TABLE regroups (
  id        TEXT PRIMARY KEY,
  who       TEXT NOT NULL,
  is_dry    BOOLEAN NOT NULL,
  phase     TEXT NOT NULL,
  place     BIGINT NOT NULL,     -- how far the phase is, in places of records
  last      BIGINT NOT NULL,     -- the place where it ends
  records   BIGINT NOT NULL,
  moved     BIGINT NOT NULL,
  began_at  TEXT NOT NULL,
  beat_at   TEXT NOT NULL,
  ended_at  TEXT,
  fault     TEXT
);
CREATE TABLE regroup_tallies (
  regroup_id      TEXT NOT NULL,
  old_fingerprint TEXT NOT NULL,
  new_fingerprint TEXT NOT NULL,
  records         BIGINT NOT NULL,
  known           TEXT,
  piece           TEXT NOT NULL,
  title           TEXT NOT NULL,
  is_transient    BOOLEAN NOT NULL,
  PRIMARY KEY (regroup_id, old_fingerprint, new_fingerprint)
);
CREATE TABLE regroup_causes (
  regroup_id  TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  cause_id    TEXT NOT NULL,     -- where it led when the regroup planned
  PRIMARY KEY (regroup_id, fingerprint)
);

-- Where the records of an item and of a fingerprint are. On SQLite an index would have a page to
-- write for nearly every record; so what is new waits in a table of its own, and is sorted in by
-- the thousand (storage/places.py).
-- [sqlite]
CREATE TABLE new_places (
  seq         INTEGER PRIMARY KEY,
  item_id     TEXT,
  fingerprint TEXT
);
CREATE TABLE item_places (
  item_id TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (item_id, seq)
) WITHOUT ROWID;
CREATE TABLE fingerprint_places (
  fingerprint TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  PRIMARY KEY (fingerprint, seq)
) WITHOUT ROWID;
CREATE VIEW places_of_items AS
  SELECT item_id, seq FROM item_places UNION ALL SELECT item_id, seq FROM new_places;
CREATE VIEW places_of_fingerprints AS
  SELECT fingerprint, seq FROM fingerprint_places
  UNION ALL SELECT fingerprint, seq FROM new_places;
CREATE TRIGGER record_is_placed AFTER INSERT ON records BEGIN
  INSERT INTO new_places VALUES (new.seq, new.item_id, new.fingerprint);
END;
CREATE TRIGGER record_is_placed_anew AFTER UPDATE OF item_id, fingerprint ON records BEGIN
  DELETE FROM new_places WHERE seq = old.seq;
  DELETE FROM item_places WHERE item_id = old.item_id AND seq = old.seq;
  DELETE FROM fingerprint_places WHERE fingerprint = old.fingerprint AND seq = old.seq;
  INSERT INTO item_places SELECT new.item_id, new.seq WHERE new.item_id IS NOT NULL;
  INSERT INTO fingerprint_places
    SELECT new.fingerprint, new.seq WHERE new.fingerprint IS NOT NULL;
END;
CREATE TRIGGER record_is_placed_no_more AFTER DELETE ON records BEGIN
  DELETE FROM new_places WHERE seq = old.seq;
  DELETE FROM item_places WHERE item_id = old.item_id AND seq = old.seq;
  DELETE FROM fingerprint_places WHERE fingerprint = old.fingerprint AND seq = old.seq;
END;
-- [postgresql]
CREATE INDEX records_by_item ON records (item_id, seq);
CREATE INDEX records_by_fingerprint ON records (fingerprint, seq);
CREATE VIEW places_of_items AS SELECT item_id, seq FROM records;
CREATE VIEW places_of_fingerprints AS SELECT fingerprint, seq FROM records;
-- Every record counts on an item and a cause; with room on the page their indexes stay as they are.
ALTER TABLE items SET (fillfactor = 70);
ALTER TABLE causes SET (fillfactor = 50);
ALTER TABLE failure_counts SET (fillfactor = 50);
ALTER TABLE item_counts SET (fillfactor = 50);

-- By what items are found: words, and what a filter asks for, as tokens (storage/search/tokens.py).
-- [sqlite]
CREATE VIRTUAL TABLE item_search USING fts5 (
  tokens, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3 4 6 8',
  tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
);
-- [postgresql]
CREATE TABLE item_search (
  rank   BIGINT PRIMARY KEY,
  quad   BIGINT NOT NULL,
  tokens TSVECTOR NOT NULL
);
CREATE INDEX item_search_by_quad ON item_search (quad, rank);
CREATE INDEX item_search_by_tokens ON item_search USING gin (tokens) WITH (fastupdate = off);

-- [sqlite]
CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
-- [postgresql]
CREATE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'the audit trail is only added to'; END$$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_audit();
