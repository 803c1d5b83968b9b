-- Something that a run reported was lost before it came here.
ALTER TABLE runs ADD COLUMN has_gaps BOOLEAN NOT NULL DEFAULT FALSE;

-- The rate of an order is kept to evenly: when it may give as many as it ever does at once.
ALTER TABLE retries RENAME COLUMN window_began_at TO free_at;
ALTER TABLE retries DROP COLUMN window_leased;
