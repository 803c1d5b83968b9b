-- How the search index is kept in few parts (decision 16).
-- [sqlite]
-- A part is written anew when half of it is gone, not a tenth: every move leaves one behind.
INSERT INTO item_search (item_search, rank) VALUES ('deletemerge', 50);
-- While nobody writes, two alike are enough to make one of them.
INSERT INTO item_search (item_search, rank) VALUES ('usermerge', 2);
