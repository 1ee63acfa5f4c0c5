-- Answers under idempotency keys are forgotten after some days, the oldest first.

CREATE INDEX idempotency_by_age ON idempotency (at);
