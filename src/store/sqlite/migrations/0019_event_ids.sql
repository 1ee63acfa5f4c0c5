-- Where the event of an id is that an emitter brought: those whose own time is of the last days. An
-- id begins with its time, so that new ones come at the table's end and old ones go from its start.
CREATE TABLE event_ids (
  tenant    INTEGER NOT NULL,
  id        BLOB    NOT NULL,
  sequence  INTEGER NOT NULL,
  at        INTEGER NOT NULL,  -- When it was recorded.
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- Ids that claim this time or an earlier one may be of events from before this table was: of those
-- the log itself is asked. A day is for emitters whose clock was ahead.
CREATE TABLE event_ids_since (
  time INTEGER NOT NULL PRIMARY KEY
) STRICT;

INSERT INTO event_ids_since
     SELECT COALESCE(MAX(time) + 86400000000, 0)
       FROM heads;
