-- +goose Up
-- The last block that wrote a record of the shipment.
ALTER TABLE shipments ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX shipments_changed ON shipments (changed DESC, id);
CREATE INDEX shipments_custodian_changed ON shipments (custodian, changed DESC, id);
CREATE INDEX shipments_consignor_changed ON shipments (consignor, changed DESC, id);
CREATE INDEX shipments_consignee_changed ON shipments (consignee, changed DESC, id);
CREATE INDEX shipments_title_holder_changed ON shipments (title_holder, changed DESC, id);
CREATE INDEX shipments_custodian_state ON shipments (custodian, state, id);
CREATE INDEX shipments_consignor ON shipments (consignor, id);
CREATE INDEX shipments_consignee ON shipments (consignee, id);
CREATE INDEX shipments_title_holder ON shipments (title_holder, id);

-- What lists of devices are searched by.
CREATE TABLE devices (
    id    BYTEA NOT NULL PRIMARY KEY,
    owner TEXT  NOT NULL,
    model TEXT  NOT NULL,
    state TEXT  NOT NULL
);
CREATE INDEX devices_owner ON devices (owner, id);
CREATE INDEX devices_model ON devices (model, id);
CREATE INDEX devices_state ON devices (state, id);

-- Where things are: an item, container or lot by its own record (whole), of which a lot is at no place, and each portion
-- of a lot in bulk at its own.
CREATE TABLE goods (
    place BYTEA  NOT NULL,
    id    BYTEA  NOT NULL, -- canonical link
    whole BIGINT NOT NULL, -- 0 of a portion, else 1
    kind  TEXT   NOT NULL,
    gtin  TEXT   NOT NULL, -- empty of a container
    lot   BYTEA  NOT NULL, -- the item's, or the lot itself; empty if there is none
    PRIMARY KEY (place, id)
);
CREATE INDEX goods_id ON goods (id);
CREATE INDEX goods_gtin ON goods (gtin, place, id);
CREATE INDEX goods_lot ON goods (lot, place, id);
CREATE INDEX goods_kind ON goods (kind, place, id) WHERE kind <> 'item'; -- nearly all are items

-- Who has what is at a place. What moves a container or a shipment moves what is in it without a write to that.
CREATE TABLE places (
    place    BYTEA NOT NULL PRIMARY KEY,
    holder   TEXT  NOT NULL, -- empty of what is no more
    shipment TEXT  NOT NULL  -- that the place is in, if it has not ended; or empty
);
CREATE UNIQUE INDEX places_holder ON places (holder, place);
CREATE UNIQUE INDEX places_shipment ON places (shipment, place);

-- Each place that an item or container has come to.
CREATE TABLE moves (
    id       BYTEA  NOT NULL,
    block    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    place    BYTEA  NOT NULL,
    PRIMARY KEY (id, block, position)
);

-- Decisions that were recorded.
CREATE TABLE decisions (
    block    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    tx_id    TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    outcome  TEXT   NOT NULL,
    member   TEXT   NOT NULL, -- of who wanted to act
    PRIMARY KEY (block, position)
);
CREATE INDEX decisions_action ON decisions (action, block, position);
CREATE INDEX decisions_member ON decisions (member, block, position);
CREATE INDEX decisions_outcome ON decisions (outcome, block, position);
CREATE INDEX decisions_member_outcome ON decisions (member, outcome, block, position);

-- What people call the things of records.
CREATE TABLE names (
    name BYTEA NOT NULL,
    key  BYTEA NOT NULL,
    PRIMARY KEY (name, key)
);
