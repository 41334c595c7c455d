-- +goose Up
-- A row for each name that callers took. Times are milliseconds since 1970, UTC, by the database's clock.
CREATE TABLE caller_leases (
    identity TEXT   NOT NULL, -- whose it is
    name     TEXT   NOT NULL,
    holder   TEXT   NOT NULL,
    note     TEXT   NOT NULL, -- what the holder says to the others
    term     BIGINT NOT NULL, -- another and a greater one each time that it is taken
    ends_at  BIGINT NOT NULL, -- from when on anybody may take it
    PRIMARY KEY (identity, name)
);

-- +goose Down
DROP TABLE caller_leases;
