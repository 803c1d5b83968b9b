-- What people did is found without going through what imports reported: one entry for each
-- intention, be it of one thing, of many, of a cause, an order or a token.

CREATE INDEX audit_of_people ON audit (seq) WHERE
  (item_id IS NULL OR (edit_id IS NULL AND event <> 'regrouped'))
  AND event NOT IN ('failed', 'came_over', 'leased', 'lease_ended');
