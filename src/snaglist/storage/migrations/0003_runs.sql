-- Passes of an import: who tried what, how far each is, and what came of what it tried.

-- `domain/run.py` says what the columns mean.
CREATE TABLE runs (
  seq            {sequence_key},
  id             TEXT NOT NULL,
  label          TEXT NOT NULL,     -- by which records and successes name it
  name           TEXT NOT NULL,
  kind           TEXT NOT NULL,
  source         TEXT NOT NULL,
  target         TEXT NOT NULL,
  project        TEXT NOT NULL,
  host           TEXT NOT NULL,
  who            TEXT NOT NULL,
  status         TEXT NOT NULL,
  began_at       TEXT NOT NULL,
  beat_at        TEXT NOT NULL,
  ended_at       TEXT,
  total          BIGINT,
  totals         TEXT,              -- JSON of numbers by entity type
  last_event_id  TEXT,
  last_event_at  TEXT,
  unsent         BIGINT NOT NULL,
  fault          TEXT,
  completed_at   TEXT,
  scope          TEXT,              -- JSON of what a complete run tried all of
  edit_id        TEXT,              -- the edit by which items left the list with it
  is_told        BOOLEAN NOT NULL,  -- whether its importer announced it
  is_settled     BOOLEAN NOT NULL   -- whether its tries are forgotten, and only counts are left
);
CREATE UNIQUE INDEX runs_by_id ON runs (id);
CREATE INDEX runs_going_on ON runs (beat_at) WHERE status = 'running';
CREATE INDEX runs_unsettled ON runs (beat_at) WHERE NOT is_settled;

-- What became of each thing that a run tried, by its newest attempt. `thing` is the item's key.
CREATE TABLE run_tries (
  run_id       TEXT NOT NULL,
  thing        TEXT NOT NULL,
  outcome      TEXT NOT NULL,       -- came_over or failed
  attempted_at TEXT NOT NULL,
  project      TEXT NOT NULL,
  entity_type  TEXT NOT NULL,
  is_part      BOOLEAN NOT NULL,
  PRIMARY KEY (run_id, thing)
);

-- How many things each run tried, kept by whatever adds a try; never counted on read.
CREATE TABLE run_counts (
  run_id      TEXT NOT NULL,
  project     TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  is_part     BOOLEAN NOT NULL,
  outcome     TEXT NOT NULL,
  things      BIGINT NOT NULL,
  PRIMARY KEY (run_id, project, entity_type, is_part, outcome)
);
