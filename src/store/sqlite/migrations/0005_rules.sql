-- Standing rules. A call is looked up by what rules of its tool pin: `shape` is the JSON array of
-- the exactly constrained arguments, `pin` the SHA-256 of their values (domain/rule.h).

CREATE TABLE rules (
  tenant         INTEGER NOT NULL,
  id             BLOB    NOT NULL,
  tool           TEXT    NOT NULL,
  constraints    TEXT    NOT NULL,  -- JSON: {argument: {type, value}}.
  shape          TEXT    NOT NULL,
  pin            BLOB    NOT NULL,
  max_uses       INTEGER,
  uses           INTEGER NOT NULL,
  expires_at     INTEGER,
  description    TEXT,
  created_by     BLOB    NOT NULL,
  created_roles  TEXT    NOT NULL,  -- Held then: a JSON array of words.
  created_from   BLOB,              -- The approval it was made from.
  created_at     INTEGER NOT NULL,
  revoked_at     INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX rules_by_pin ON rules (tenant, tool, shape, pin) WHERE revoked_at IS NULL;
