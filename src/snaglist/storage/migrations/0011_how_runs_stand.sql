-- What the first page asks of runs, however many there are.

CREATE INDEX runs_complete ON runs (seq) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_unsent ON runs (seq) WHERE unsent > 0;
