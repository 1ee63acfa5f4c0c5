-- The log and what belongs to its commit. State tables are 0002 and later.

-- One row is one event: `position` is the tenant's number above 40 bits of sequence, `body` the
-- canonical bytes, `leaf` their RFC 6962 hash. No secondary index: search/ has those.
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  leaf     BLOB NOT NULL,
  body     BLOB NOT NULL
) STRICT;

CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;

-- The right edge of each tenant's Merkle tree, so that appending reads no old event.
CREATE TABLE heads (
  tenant INTEGER PRIMARY KEY,
  size   INTEGER NOT NULL,
  time   INTEGER NOT NULL,
  peaks  BLOB NOT NULL
) STRICT;

-- The answers already given, so that a retry gets the same one and changes nothing.
CREATE TABLE idempotency (
  tenant      INTEGER NOT NULL,
  principal   TEXT NOT NULL,
  route       TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  answer      TEXT NOT NULL,
  trace       TEXT NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (tenant, principal, route, key)
) STRICT, WITHOUT ROWID;
