-- Who is signed in to the pages, and the links that sign somebody in once.

-- A session is a token's: what the token may do, the session may, and no longer than it.
CREATE TABLE sessions (
  digest     TEXT PRIMARY KEY,    -- SHA-256 of the cookie's secret, in hexadecimal
  token_id   TEXT NOT NULL REFERENCES tokens (id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
);
CREATE INDEX sessions_by_token ON sessions (token_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE signin_codes (
  digest     TEXT PRIMARY KEY,    -- SHA-256 of the code in the link
  token_id   TEXT NOT NULL REFERENCES tokens (id),
  expires_at TEXT NOT NULL
);
