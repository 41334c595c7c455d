-- +goose Up
-- A row for each right that one process at a time has.
CREATE TABLE leases (
    name   TEXT   NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL, -- the term of it, or empty: nobody has it
    beat   BIGINT NOT NULL  -- the holder adds one as long as it lives
);
