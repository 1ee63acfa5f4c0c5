-- What emitted events count and owe: the numbers of their producers, and what is still pending.

CREATE TABLE producers (
  tenant        INTEGER NOT NULL,
  id            TEXT    NOT NULL,  -- `[A-Za-z0-9._-]`, chosen by the program.
  next          INTEGER NOT NULL,  -- One more than the highest number seen.
  missing       INTEGER NOT NULL,  -- How many below it were never seen.
  last_seen_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX producers_with_gaps ON producers (tenant, id, missing) WHERE missing > 0;

-- The numbers that are missing, as ranges that neither touch nor overlap.
CREATE TABLE producer_gaps (
  tenant    INTEGER NOT NULL,
  producer  TEXT    NOT NULL,
  first     INTEGER NOT NULL,
  last      INTEGER NOT NULL,  -- Included.
  PRIMARY KEY (tenant, producer, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE obligations (
  tenant          INTEGER NOT NULL,
  id              BLOB    NOT NULL,  -- The event that opened it.
  type            TEXT    NOT NULL,  -- Of that event.
  target_type     TEXT    NOT NULL,
  target_id       TEXT    NOT NULL,
  actor_type      TEXT    NOT NULL,
  actor_id        TEXT    NOT NULL,
  correlation_id  TEXT    NOT NULL,
  opened_at       INTEGER NOT NULL,
  due_at          INTEGER NOT NULL,
  closed_at       INTEGER,
  closed_by       BLOB,              -- The one event that closed it …
  outcome         TEXT,              -- … and how it ended.
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX obligations_open ON obligations (tenant, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX obligations_closed ON obligations (tenant, closed_at, id)
 WHERE closed_at IS NOT NULL;
