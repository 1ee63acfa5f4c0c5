-- Kill switches, engaged and released. A global one has a row in every tenant, under one id.

CREATE TABLE kill_switches (
  tenant       INTEGER NOT NULL,
  id           BLOB    NOT NULL,
  scope        TEXT    NOT NULL,
  tool         TEXT,              -- A glob, for scope `tool`.
  reason       TEXT    NOT NULL,
  engaged_by   BLOB    NOT NULL,
  engaged_at   INTEGER NOT NULL,
  released_at  INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX kill_switches_engaged ON kill_switches (tenant, id) WHERE released_at IS NULL;
