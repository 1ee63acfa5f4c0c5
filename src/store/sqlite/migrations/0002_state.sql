-- The state tables: a cache that a replay of the log rebuilds row for row
-- (store/state/projection.h).
--
-- Everything is keyed by tenant first. Ids are their 16 bytes, so that order by id is order by time
-- (UUIDv7); times are microseconds since 1970; JSON is text in canonical form; words are spelt as
-- in the log. Small rows live in their key (WITHOUT ROWID), rows that may be large do not.

CREATE TABLE tenants (
  number        INTEGER NOT NULL PRIMARY KEY,
  name          TEXT    NOT NULL UNIQUE,
  origin        TEXT    NOT NULL UNIQUE,
  verifier_key  TEXT    NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE principals (
  tenant      INTEGER NOT NULL,
  id          BLOB    NOT NULL,
  type        TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  roles       TEXT    NOT NULL,  -- A JSON array of words.
  owner       BLOB,              -- The human who answers for it.
  email       TEXT,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  tenant      INTEGER NOT NULL,
  id          BLOB    NOT NULL,
  principal   BLOB    NOT NULL,
  key_hash    BLOB    NOT NULL UNIQUE,  -- SHA-256 of the key: 32 bytes.
  name        TEXT,
  expires_at  INTEGER,
  revoked_at  INTEGER,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_of_principal ON keys (tenant, principal);

CREATE TABLE policies (
  tenant      INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  id          BLOB    NOT NULL,
  sha256      TEXT    NOT NULL,  -- `sha256:…` of the document, which is a blob.
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE approvals (
  tenant                INTEGER NOT NULL,
  id                    BLOB    NOT NULL,
  kind                  TEXT    NOT NULL,
  status                TEXT    NOT NULL,
  risk_tier             TEXT    NOT NULL,
  content_hash          TEXT    NOT NULL,
  tool                  TEXT,
  requested_by          BLOB    NOT NULL,
  requester_owner       BLOB,
  requested_at          INTEGER NOT NULL,
  expires_at            INTEGER NOT NULL,
  evidence_required     INTEGER NOT NULL,
  evidence_ttl_seconds  INTEGER,
  quorum                TEXT    NOT NULL,
  allows_self_approval  INTEGER NOT NULL,
  max_attempts          INTEGER NOT NULL,
  grant_ttl_seconds     INTEGER NOT NULL,
  correlation_id        TEXT    NOT NULL,
  decided_at            INTEGER,        -- When it left `pending`.
  decided_by            BLOB,           -- Nothing where a rule or the deadline decided.
  request               TEXT    NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX approvals_by_status ON approvals (tenant, status, id);
CREATE INDEX approvals_by_deadline ON approvals (expires_at, tenant) WHERE status = 'pending';

-- Which approval a requester's own name for the request stands for: the latest.
CREATE TABLE deduplications (
  tenant    INTEGER NOT NULL,
  key       TEXT    NOT NULL,
  approval  BLOB    NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

-- Who said yes so far: once each.
CREATE TABLE votes (
  tenant     INTEGER NOT NULL,
  approval   BLOB    NOT NULL,
  principal  BLOB    NOT NULL,
  id         BLOB    NOT NULL,  -- The decision's.
  roles      TEXT    NOT NULL,  -- Held when voting: a JSON array of words.
  sequence   INTEGER NOT NULL,
  PRIMARY KEY (tenant, approval, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
  tenant        INTEGER NOT NULL,
  id            BLOB    NOT NULL,
  approval      BLOB    NOT NULL,
  type          TEXT    NOT NULL,
  name          TEXT,
  text          TEXT,
  url           TEXT,
  sha256        TEXT,
  size_bytes    INTEGER,
  captured_at   INTEGER NOT NULL,
  attached_at   INTEGER NOT NULL,
  withdrawn_at  INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX evidence_of_approval ON evidence (tenant, approval);

-- An approval has at most one grant, so the approval is the key.
CREATE TABLE grants (
  tenant        INTEGER NOT NULL,
  approval      BLOB    NOT NULL,
  id            BLOB    NOT NULL,
  content_hash  TEXT    NOT NULL,
  form          TEXT    NOT NULL,
  issued_at     INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  consumed_at   INTEGER,
  expired_at    INTEGER,
  PRIMARY KEY (tenant, approval)
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_by_deadline ON grants (expires_at, tenant)
  WHERE consumed_at IS NULL AND expired_at IS NULL;

CREATE TABLE executions (
  tenant        INTEGER NOT NULL,
  id            BLOB    NOT NULL,
  approval      BLOB    NOT NULL,
  grant_id      BLOB    NOT NULL,
  attempt       INTEGER NOT NULL,
  state         TEXT    NOT NULL,
  started_by    BLOB    NOT NULL,
  started_at    INTEGER NOT NULL,
  completed_at  INTEGER,
  result        TEXT,
  error         TEXT,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE UNIQUE INDEX executions_of_approval ON executions (tenant, approval, attempt);
