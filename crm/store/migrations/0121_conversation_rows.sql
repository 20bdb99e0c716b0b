-- A conversation's memory is written anew at every message. Kept in its row it costs one write; out of line it cost an insert
-- and a delete of each piece, and of their index entries.

-- +goose Up
ALTER TABLE conversations SET (toast_tuple_target = 8160, fillfactor = 50);
