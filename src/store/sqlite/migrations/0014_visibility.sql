-- Whether the tenant lets anybody read its log (ledger.visibility_changed).
ALTER TABLE tenants ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0;
