-- Which event a stored answer is about: a retry that wants a receipt gets one for the same event.
ALTER TABLE idempotency ADD COLUMN sequence INTEGER;
