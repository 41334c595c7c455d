-- +goose Up
-- The key with which cursors of lists are sealed, which all who share the database have.
CREATE TABLE cursor_key (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    key BYTEA  NOT NULL
);

-- +goose Down
DROP TABLE cursor_key;
