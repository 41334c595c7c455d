-- +goose Up
-- What devices measure, each under a number by which all else names it. Numbers of this and the next table count up
-- in the order of the ledger, so that they are the same in every model of it.
CREATE TABLE measurements (
    id     BIGINT NOT NULL PRIMARY KEY,
    device TEXT   NOT NULL,
    name   TEXT   NOT NULL, -- in SenML
    UNIQUE (device, name)
);

-- Readings of one measurement of which the rules decide alike, with the latest of them.
CREATE TABLE series (
    id          BIGINT NOT NULL PRIMARY KEY,
    measurement BIGINT NOT NULL,
    unit        TEXT   NOT NULL,
    class       TEXT   NOT NULL, -- as the owner had it when they were recorded
    classes     TEXT   NOT NULL, -- all that their windows have, sorted, with commas between
    owner       TEXT   NOT NULL, -- of the device, then
    shipment    TEXT   NOT NULL, -- that it witnessed then, or empty
    edge        TEXT   NOT NULL, -- that signed them, or empty
    at          BIGINT NOT NULL, -- of the latest one, here and to the end as in readings
    sequence    BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    value       BIGINT NOT NULL,
    UNIQUE (measurement, unit, class, classes, owner, shipment, edge)
);

-- Readings in the open, of which there are more than of anything else: in SQLite they are their own index. Of numbers and booleans alone.
CREATE TABLE readings (
    measurement INTEGER NOT NULL,
    at          BIGINT  NOT NULL, -- milliseconds since 1970, by the device's clock
    sequence    BIGINT  NOT NULL, -- of the message
    n           INTEGER NOT NULL, -- in the message, from 0
    series      INTEGER NOT NULL,
    value       BIGINT  NOT NULL, -- in the scale of the unit
    PRIMARY KEY (measurement, at, sequence, n)
) WITHOUT ROWID;

-- The same, summed up by hours.
CREATE TABLE hours (
    measurement INTEGER NOT NULL,
    hour        BIGINT  NOT NULL, -- its begin, milliseconds since 1970
    series      INTEGER NOT NULL,
    count       BIGINT  NOT NULL,
    lowest      BIGINT  NOT NULL,
    highest     BIGINT  NOT NULL,
    high        BIGINT  NOT NULL, -- the sum is high * 2^32 + low: neither overflows
    low         BIGINT  NOT NULL,
    PRIMARY KEY (measurement, hour, series)
) WITHOUT ROWID;
