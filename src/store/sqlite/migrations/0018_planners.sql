-- Who made a plan, and who compared what will run with it. A comparison counts for whoever made it,
-- so that those of which that was not kept are of no use.

ALTER TABLE plans ADD COLUMN planned_by     BLOB;  -- Who had it validated first.
ALTER TABLE plans ADD COLUMN planner_owner  BLOB;  -- The human behind that agent, as of then.

ALTER TABLE approvals ADD COLUMN planned_by     BLOB;  -- Of the plan that it is for.
ALTER TABLE approvals ADD COLUMN planner_owner  BLOB;

DROP TABLE plan_diffs;

-- The latest of each principal; a plan may be compared before it is validated.
CREATE TABLE plan_comparisons (
  tenant        INTEGER NOT NULL,
  ir_hash       TEXT    NOT NULL,
  compared_by   BLOB    NOT NULL,
  matches       INTEGER NOT NULL,
  dag_hash      TEXT    NOT NULL,
  compared_at   INTEGER NOT NULL,
  PRIMARY KEY (tenant, ir_hash, compared_by)
) STRICT, WITHOUT ROWID;
