-- How many escalations are open is asked again and again.

CREATE INDEX escalations_open ON escalations (tenant) WHERE status = 'open';
