-- +goose Up
ALTER TABLE webhooks ADD COLUMN trouble   TEXT   NOT NULL DEFAULT ''; -- why nothing can be sent, but for the target; empty for none
ALTER TABLE webhooks ADD COLUMN refused   BIGINT NOT NULL DEFAULT 0;  -- dead letters that were refused again since anything was taken
ALTER TABLE webhooks ADD COLUMN resend_at BIGINT NOT NULL DEFAULT 0;  -- when the next of them is to be sent
DROP INDEX dead_letters_waiting;
CREATE INDEX dead_letters_waiting ON dead_letters (webhook, block, position, n) WHERE waiting = 1;

-- +goose Down
DROP INDEX dead_letters_waiting;
CREATE INDEX dead_letters_waiting ON dead_letters (webhook) WHERE waiting = 1;
ALTER TABLE webhooks DROP COLUMN resend_at;
ALTER TABLE webhooks DROP COLUMN refused;
ALTER TABLE webhooks DROP COLUMN trouble;
