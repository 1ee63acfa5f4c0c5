-- Plans: how each was classified last, what its compiled form was compared with, and the bearer
-- tokens of grants.

CREATE TABLE plans (
  tenant          INTEGER NOT NULL,
  ir_hash         TEXT    NOT NULL,
  status          TEXT    NOT NULL,
  risk_tier       TEXT    NOT NULL,
  step_count      INTEGER NOT NULL,
  policy_version  INTEGER NOT NULL,
  request_id      TEXT,
  plan            TEXT,              -- JSON: `{plan}` or `{planBlob}`; nothing of a refused one.
  validated_at    INTEGER NOT NULL,
  PRIMARY KEY (tenant, ir_hash)
) STRICT;

-- The latest comparison of each plan; it may be compared before it is validated.
CREATE TABLE plan_diffs (
  tenant        INTEGER NOT NULL,
  ir_hash       TEXT    NOT NULL,
  matches       INTEGER NOT NULL,
  dag_hash      TEXT    NOT NULL,
  compared_at   INTEGER NOT NULL,
  PRIMARY KEY (tenant, ir_hash)
) STRICT, WITHOUT ROWID;

ALTER TABLE grants ADD COLUMN token_hash   BLOB;  -- SHA-256 of the token: 32 bytes.
ALTER TABLE grants ADD COLUMN consumed_by  BLOB;  -- Who presented the token.

-- A token is looked up before it is known whose it is.
CREATE UNIQUE INDEX grants_by_token ON grants (token_hash) WHERE token_hash IS NOT NULL;

CREATE INDEX approvals_of_plan ON approvals (tenant, content_hash, id) WHERE kind = 'plan';
