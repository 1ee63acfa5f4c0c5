-- The perfect subtrees of 256, 65,536, … events of each tenant's Merkle tree, each written by the
-- commit that completes it: what tiles are made of and proofs are read from without hashing the log
-- again. `level` and `position` are those of tlog-tiles: the hash of full tile `position` of the
-- level below.
CREATE TABLE nodes (
  tenant   INTEGER NOT NULL,
  level    INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash     BLOB NOT NULL,
  PRIMARY KEY (tenant, level, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER nodes_are_never_updated BEFORE UPDATE ON nodes
BEGIN
  SELECT RAISE(ABORT, 'nodes are append-only');
END;

CREATE TRIGGER nodes_are_never_deleted BEFORE DELETE ON nodes
BEGIN
  SELECT RAISE(ABORT, 'nodes are append-only');
END;
