-- What pages ask of runs, however many there are.

CREATE INDEX runs_complete ON runs (seq) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_unsent ON runs (seq) WHERE unsent > 0 AND status IN ('running', 'abandoned');
CREATE INDEX runs_by_name ON runs (name, seq);
