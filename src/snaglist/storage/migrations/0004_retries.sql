-- Orders to try items again, and the workers that do it. `domain/retry.py` says what columns mean.
-- In the audit trail the id of a retry stands as `edit_id`: beside what became of its items, and
-- without an item beside what was done to the retry itself.
CREATE TABLE retries (
  seq             {sequence_key},
  id              TEXT NOT NULL,
  at              TEXT NOT NULL,
  who             TEXT NOT NULL,
  filter          TEXT NOT NULL,     -- by which its items were found
  why             TEXT,
  attempts        BIGINT NOT NULL,   -- how many leases of an item may end without an outcome
  rate            BIGINT,            -- leases a minute
  status          TEXT NOT NULL,
  is_probing      BOOLEAN NOT NULL,
  total           BIGINT NOT NULL,
  waiting         BIGINT NOT NULL,
  leased          BIGINT NOT NULL,
  came_over       BIGINT NOT NULL,
  failed          BIGINT NOT NULL,
  skipped         BIGINT NOT NULL,
  last_place      BIGINT NOT NULL,
  window_began_at TEXT,              -- of the minute that its rate counts
  window_leased   BIGINT NOT NULL,
  stopped_because TEXT,
  ended_at        TEXT,              -- NULL while anything waits or is leased
  version         BIGINT NOT NULL
);
CREATE UNIQUE INDEX retries_by_id ON retries (id);
CREATE INDEX retries_going_on ON retries (seq) WHERE ended_at IS NULL;

-- The items of a retry that are alike, counted, so that whoever leases looks at few rows however
-- many items wait.
CREATE TABLE retry_lanes (
  retry_id    TEXT NOT NULL,
  lane        BIGINT NOT NULL,
  target      TEXT NOT NULL,
  stage       BIGINT NOT NULL,       -- what must come over before what (domain/dependence.py)
  source      TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  waiting     BIGINT NOT NULL,
  leased      BIGINT NOT NULL,
  PRIMARY KEY (retry_id, lane)
);

CREATE TABLE retry_members (
  seq          {sequence_key},
  retry_id     TEXT NOT NULL,
  item_id      TEXT NOT NULL,
  lane         BIGINT NOT NULL,
  place        BIGINT NOT NULL,      -- in its lane; a lease that ends puts it behind all others
  state        TEXT NOT NULL,
  attempts     BIGINT NOT NULL,
  lease_id     TEXT,                 -- stays with an outcome, so that it can be sent twice
  worker_id    TEXT,
  leased_until TEXT,
  reason       TEXT,
  record_id    TEXT,                 -- of the outcome that it failed, and its cause
  cause_id     TEXT
);
CREATE INDEX retry_members_by_place ON retry_members (retry_id, lane, place);
CREATE INDEX retry_members_by_state ON retry_members (retry_id, state, lane, place);
CREATE UNIQUE INDEX retry_members_by_lease ON retry_members (lease_id) WHERE lease_id IS NOT NULL;
CREATE UNIQUE INDEX retry_members_active ON retry_members (item_id)
  WHERE state IN ('waiting', 'leased');
CREATE INDEX retry_members_leased ON retry_members (leased_until, worker_id)
  WHERE state = 'leased';

-- Leases that were given back, so that this can be sent twice.
CREATE TABLE returned_leases (
  lease_id TEXT PRIMARY KEY,
  at       TEXT NOT NULL
);
CREATE INDEX returned_leases_by_time ON returned_leases (at);

CREATE TABLE workers (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  host          TEXT NOT NULL,
  who           TEXT NOT NULL,       -- its token
  sources       TEXT NOT NULL,       -- JSON: what it takes; [] is all
  targets       TEXT NOT NULL,
  entity_types  TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  seen_at       TEXT NOT NULL
);

CREATE INDEX audit_of_edits ON audit (edit_id, seq) WHERE item_id IS NULL AND edit_id IS NOT NULL;
