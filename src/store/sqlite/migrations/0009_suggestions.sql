-- What people keep approving, and what the engine suggested because of it.

CREATE TABLE likes (
  tenant       INTEGER NOT NULL,
  fingerprint  TEXT    NOT NULL,  -- `sha256:…` (domain/suggestion.h).
  count        INTEGER NOT NULL,
  approvals    TEXT    NOT NULL,  -- The ids of the last five, separated by commas.
  PRIMARY KEY (tenant, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE suggestions (
  tenant       INTEGER NOT NULL,
  id           BLOB    NOT NULL,
  kind         TEXT    NOT NULL,
  status       TEXT    NOT NULL,
  tool         TEXT    NOT NULL,
  fingerprint  TEXT    NOT NULL,
  constraints  TEXT    NOT NULL,  -- JSON: {argument: {type, value}}.
  rule         BLOB,
  approvals    TEXT    NOT NULL,  -- A JSON array of ids.
  created_at   INTEGER NOT NULL,
  ended_at     INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX suggestions_by_fingerprint ON suggestions (tenant, fingerprint, id);
CREATE INDEX suggestions_by_rule ON suggestions (tenant, rule, id) WHERE rule IS NOT NULL;
CREATE INDEX suggestions_pending ON suggestions (tenant, tool) WHERE status = 'pending';
