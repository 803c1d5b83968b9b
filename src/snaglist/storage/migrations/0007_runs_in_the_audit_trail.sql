-- The run in which an item failed, came over, or was passed over by one that tried everything.
ALTER TABLE audit ADD COLUMN run_id TEXT;
