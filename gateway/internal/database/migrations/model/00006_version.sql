-- +goose Up
-- That of the gateway which makes the rows; 0 before there is any.
ALTER TABLE checkpoint ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
