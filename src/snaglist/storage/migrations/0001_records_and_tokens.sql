-- What was posted, who may post, and what the desk remembers of itself.
-- Times are RFC 3339 texts in UTC; ids are UUIDs in their lower-case spelling.

CREATE TABLE records (
  seq             {sequence_key},
  id              TEXT NOT NULL,
  source          TEXT NOT NULL,
  target          TEXT,
  run             TEXT,
  occurred_at     TEXT,
  event_data      TEXT NOT NULL,  -- the JSON as sent, secrets aside
  redacted        TEXT,           -- JSON array of pointers to what was taken out
  idempotency_key TEXT,
  created_at      TEXT NOT NULL
);
CREATE UNIQUE INDEX records_by_id ON records (id);
CREATE INDEX records_by_source ON records (source, seq);
CREATE UNIQUE INDEX records_by_idempotency_key ON records (source, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE tokens (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  scopes       TEXT NOT NULL,     -- separated by spaces
  created_at   TEXT NOT NULL,
  expires_at   TEXT,
  revoked_at   TEXT,
  last_used_at TEXT,
  rate         INTEGER            -- records a minute
);

-- What a token is shown as: one secret, or two while it is being rotated.
CREATE TABLE token_secrets (
  digest     TEXT PRIMARY KEY,    -- SHA-256 of the secret, in hexadecimal
  token_id   TEXT NOT NULL REFERENCES tokens (id),
  created_at TEXT NOT NULL,
  expires_at TEXT
);
CREATE INDEX token_secrets_by_token ON token_secrets (token_id);

CREATE TABLE desk_state (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
