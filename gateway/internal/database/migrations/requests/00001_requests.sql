-- +goose Up
-- A row for each process of a gateway that is alive: it adds one to beat every few seconds.
CREATE TABLE gateways (
    id   TEXT   NOT NULL PRIMARY KEY,
    beat BIGINT NOT NULL
);

-- A row for each write that is kept. Times are milliseconds since 1970, UTC.
CREATE TABLE requests (
    id              TEXT   NOT NULL PRIMARY KEY,
    caller          TEXT   NOT NULL,
    idempotency_key TEXT,            -- null: it has none, or it is free again
    digest          BYTEA  NOT NULL, -- SHA-256 of what was asked for
    gateway         TEXT   NOT NULL, -- the process that works on it; empty for none
    state           TEXT   NOT NULL, -- pending, done or failed
    tx_id           TEXT   NOT NULL, -- its last transaction
    whole           BIGINT NOT NULL, -- 1: that one makes the answer; 0: more may follow
    status          BIGINT NOT NULL, -- of the answer: HTTP's, Location, the commit, the record
    location        TEXT   NOT NULL,
    answer_tx       TEXT   NOT NULL,
    answer_block    BIGINT NOT NULL,
    result          BYTEA,
    error           BYTEA,           -- JSON of why it failed
    ended_at        BIGINT NOT NULL, -- 0 while it is pending
    UNIQUE (caller, idempotency_key)
);
CREATE INDEX requests_pending ON requests (gateway) WHERE state = 'pending';
CREATE INDEX requests_ended ON requests (ended_at) WHERE state <> 'pending';

-- A row for each transaction of a kept write.
CREATE TABLE transactions (
    tx_id       TEXT   NOT NULL PRIMARY KEY,
    request     TEXT   NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    envelope    BYTEA,           -- signed; null once its fate is known
    replaced_by TEXT   NOT NULL, -- the transaction that took its place, or empty
    fate        TEXT   NOT NULL, -- VALID or the name of Fabric's code; empty while it is not known
    block       BIGINT NOT NULL,
    position    BIGINT NOT NULL
);
CREATE INDEX transactions_request ON transactions (request);

-- +goose Down
DROP TABLE transactions;
DROP TABLE requests;
DROP TABLE gateways;
