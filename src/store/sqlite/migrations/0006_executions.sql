-- Leases, resolutions and escalations: an execution that nobody completes in time is unknown, and
-- somebody has to say what became of it.

-- What began before there were leases has an hour, as a replay gives it.
ALTER TABLE executions ADD COLUMN lease_expires_at  INTEGER NOT NULL DEFAULT 0;
UPDATE executions SET lease_expires_at = started_at + 3600000000;

ALTER TABLE executions ADD COLUMN by_server     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN resolved_as   TEXT;
ALTER TABLE executions ADD COLUMN resolved_at   INTEGER;
ALTER TABLE executions ADD COLUMN resolved_by   BLOB;
ALTER TABLE executions ADD COLUMN note          TEXT;
ALTER TABLE executions ADD COLUMN verification  TEXT;  -- JSON.

CREATE INDEX executions_by_lease ON executions (lease_expires_at, tenant) WHERE state = 'started';

-- What the server may have to execute itself.
CREATE INDEX approvals_to_execute ON approvals (tenant, id)
  WHERE status = 'approved' AND executor IS NOT NULL;

CREATE TABLE escalations (
  tenant        INTEGER NOT NULL,
  id            BLOB    NOT NULL,
  approval      BLOB    NOT NULL,
  execution     BLOB,
  type          TEXT    NOT NULL,
  status        TEXT    NOT NULL,
  triggered_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX escalations_of_approval ON escalations (tenant, approval);
