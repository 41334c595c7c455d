-- +goose Up
-- Whose the database is, as in that of requests.
CREATE TABLE owner (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    member  TEXT   NOT NULL,
    channel TEXT   NOT NULL,
    ledger  TEXT   NOT NULL
);

-- How far the model has come: how many blocks it has, and the hash of the last one's header.
CREATE TABLE checkpoint (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    height BIGINT NOT NULL,
    hash   BYTEA  NOT NULL
);
INSERT INTO checkpoint (one, height, hash) VALUES (1, 0, '');

-- Each public record of the chaincode as the last valid transaction wrote it. What rows are ordered by is
-- bytes, here and below: of texts each database has an order of its own.
CREATE TABLE records (
    key      BYTEA  NOT NULL PRIMARY KEY,
    value    BYTEA  NOT NULL,
    block    BIGINT NOT NULL,
    position BIGINT NOT NULL
);

-- Each transaction that called the chaincode or wrote its records. Times are milliseconds since 1970, UTC.
CREATE TABLE transactions (
    block    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    tx_id    TEXT   NOT NULL,
    status   TEXT   NOT NULL, -- VALID or the name of Fabric's code
    member   TEXT   NOT NULL, -- of its creator
    function TEXT   NOT NULL, -- empty if another chaincode wrote the records
    at       BIGINT NOT NULL, -- as the creator claims it
    PRIMARY KEY (block, position)
);
CREATE INDEX transactions_tx_id ON transactions (tx_id);

-- What transactions told, each thing by itself.
CREATE TABLE events (
    block    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    n        BIGINT NOT NULL, -- among those of the transaction, from 0
    name     TEXT   NOT NULL,
    device   TEXT   NOT NULL, -- the one that it is about, or empty
    shipment TEXT   NOT NULL, -- likewise
    payload  BYTEA  NOT NULL, -- JSON
    PRIMARY KEY (block, position, n)
);

-- What lists of shipments are searched by.
CREATE TABLE shipments (
    id           BYTEA  NOT NULL PRIMARY KEY,
    state        TEXT   NOT NULL,
    consignor    TEXT   NOT NULL,
    consignee    TEXT   NOT NULL,
    custodian    TEXT   NOT NULL,
    title_holder TEXT   NOT NULL
);
CREATE INDEX shipments_custodian ON shipments (custodian, id);
CREATE INDEX shipments_state ON shipments (state, id);
