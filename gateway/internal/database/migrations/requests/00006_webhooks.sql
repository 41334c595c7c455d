-- +goose Up
-- A row for each webhook. Times are milliseconds since 1970, UTC, by the database's clock; 0 for none.
CREATE TABLE webhooks (
    id            TEXT   NOT NULL PRIMARY KEY,
    identity      TEXT   NOT NULL, -- whose it is, and who reads what it is sent
    caller        TEXT   NOT NULL, -- that made it
    url           TEXT   NOT NULL,
    kind          TEXT   NOT NULL, -- which events it is for; empty for any, here and below
    device        TEXT   NOT NULL,
    shipment      TEXT   NOT NULL,
    member        TEXT   NOT NULL,
    purpose       TEXT   NOT NULL, -- that they are read for
    secret        TEXT   NOT NULL, -- in clear: it signs
    old_secret    TEXT   NOT NULL, -- that signs too, until
    old_until     BIGINT NOT NULL,
    state         TEXT   NOT NULL, -- active, paused or gone
    checkpoint    TEXT   NOT NULL, -- the id of the last event that it is done with
    attempts      BIGINT NOT NULL, -- at the event after that, all in vain
    failing_since BIGINT NOT NULL, -- when the first attempt failed since anything was delivered
    retry_at      BIGINT NOT NULL,
    problem       TEXT   NOT NULL, -- of the last attempt
    made_at       BIGINT NOT NULL
);
CREATE INDEX webhooks_identity ON webhooks (identity, id);

-- What could not be delivered, by the block, transaction and number of the event.
CREATE TABLE dead_letters (
    webhook  TEXT   NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    block    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    n        BIGINT NOT NULL,
    problem  TEXT   NOT NULL,
    attempts BIGINT NOT NULL,
    died_at  BIGINT NOT NULL,
    waiting  BIGINT NOT NULL, -- 1: it is to be sent once more
    PRIMARY KEY (webhook, block, position, n)
);
CREATE INDEX dead_letters_waiting ON dead_letters (webhook) WHERE waiting = 1;

-- +goose Down
DROP TABLE dead_letters;
DROP TABLE webhooks;
