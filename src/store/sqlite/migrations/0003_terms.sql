-- The further terms under which an approval stands: how its execution is bounded and proven, how
-- often its deadline moved, which version of its content is meant, which rule approved it.

ALTER TABLE approvals ADD COLUMN lease_seconds    INTEGER NOT NULL DEFAULT 3600;
ALTER TABLE approvals ADD COLUMN requires_proof   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN executor         TEXT;  -- JSON, where the server executes.
ALTER TABLE approvals ADD COLUMN defers           INTEGER NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN max_defers       INTEGER NOT NULL DEFAULT 3;
ALTER TABLE approvals ADD COLUMN content_version  INTEGER NOT NULL DEFAULT 1;
ALTER TABLE approvals ADD COLUMN rule             BLOB;
