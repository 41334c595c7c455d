-- +goose Up
-- How much the ended writes of each caller take, in bytes, as gateways count it. A caller has a row for
-- each first digit of its writes' ids, so that one commit need not wait for another.
CREATE TABLE kept (
    caller TEXT   NOT NULL,
    slot   TEXT   NOT NULL,
    bytes  BIGINT NOT NULL,
    PRIMARY KEY (caller, slot)
);
INSERT INTO kept (caller, slot, bytes)
    SELECT caller, substr(id, 1, 1), SUM(1024 + length(location) + COALESCE(length(result), 0))
    FROM requests WHERE state <> 'pending' GROUP BY caller, substr(id, 1, 1);

-- +goose Down
DROP TABLE kept;
