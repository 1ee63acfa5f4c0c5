-- Each log's keys, one after the other: `generation` and `verifier_key` of a tenant are the newest,
-- log_keys has all of them. Checkpoints of `from_size` events and more are signed with that one.

ALTER TABLE tenants ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;

CREATE TABLE log_keys (
  tenant       INTEGER NOT NULL,
  generation   INTEGER NOT NULL,
  verifier_key TEXT    NOT NULL,
  from_size    INTEGER NOT NULL,
  reason       TEXT,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (tenant, generation)
) STRICT, WITHOUT ROWID;

INSERT INTO log_keys (tenant, generation, verifier_key, from_size, reason, created_at)
     SELECT number, 1, verifier_key, 0, NULL, created_at
       FROM tenants;
