-- Something that a run reported was lost before it came here.
ALTER TABLE runs ADD COLUMN has_gaps BOOLEAN NOT NULL DEFAULT FALSE;
