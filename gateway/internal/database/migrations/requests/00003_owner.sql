-- +goose Up
-- The one row says whose database it is: the member, the channel, and what tells its ledger from
-- others of that name; empty while that is not known.
CREATE TABLE owner (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    member  TEXT   NOT NULL,
    channel TEXT   NOT NULL,
    ledger  TEXT   NOT NULL
);

-- +goose Down
DROP TABLE owner;
