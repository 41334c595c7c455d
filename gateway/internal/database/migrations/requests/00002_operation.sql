-- +goose Up
-- The operation of the API that a write was asked for by; empty for one that was kept before.
ALTER TABLE requests ADD COLUMN operation TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE requests DROP COLUMN operation;
