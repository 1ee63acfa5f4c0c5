-- Whose a producer is: the principal whose event bound the name to it. NULL for one that was seen
-- only before names were bound; its next event binds it.
ALTER TABLE producers ADD COLUMN principal BLOB;
