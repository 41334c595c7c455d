-- +goose Up
-- What events are searched by. The kind is what their name has before the dot.
ALTER TABLE events ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN member TEXT NOT NULL DEFAULT '';
CREATE INDEX events_kind ON events (kind, block, position, n);
CREATE INDEX events_member ON events (member, block, position, n);
CREATE INDEX events_device ON events (device, block, position, n) WHERE device <> '';
CREATE INDEX events_shipment ON events (shipment, block, position, n) WHERE shipment <> '';

-- The place inside of a container; empty of what is none.
ALTER TABLE goods ADD COLUMN inside BYTEA NOT NULL DEFAULT '';
CREATE INDEX goods_inside ON goods (place, inside) WHERE kind = 'container';
