-- What decisions other than yes and no leave behind: the quorums that edited content must satisfy
-- besides, and who broke the glass.

ALTER TABLE approvals ADD COLUMN further_quorums  TEXT;  -- A JSON array; NULL where none.
ALTER TABLE approvals ADD COLUMN glass_broken_by  BLOB;

-- The humans of a tenant, who may be few among many agents.
CREATE INDEX principals_by_type ON principals (tenant, type, id);
