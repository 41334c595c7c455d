-- +goose Up
-- The SHA-256 of what a transaction's creator signed; null for one that was kept before.
ALTER TABLE transactions ADD COLUMN signed BYTEA;

-- +goose Down
ALTER TABLE transactions DROP COLUMN signed;
