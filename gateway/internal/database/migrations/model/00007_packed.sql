-- +goose Up
-- Readings in the open, of numbers and booleans alone. A row has those of one series that one block brought of one hour, in the order of at, sequence
-- and n, and is known by the first of them. In SQLite they are their own index.
DROP TABLE readings;
CREATE TABLE readings (
    measurement INTEGER NOT NULL,
    at          BIGINT  NOT NULL, -- of the first one: milliseconds since 1970, by the device's clock
    sequence    BIGINT  NOT NULL, -- its message
    n           INTEGER NOT NULL, -- its place in the message, from 0
    series      INTEGER NOT NULL,
    last        BIGINT  NOT NULL, -- at, of the last one
    packed      BYTEA   NOT NULL, -- all of them, in a form of the gateway (packed.go)
    PRIMARY KEY (measurement, at, sequence, n)
) WITHOUT ROWID;
