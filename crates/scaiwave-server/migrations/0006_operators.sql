-- Sessions can be cut: a token carries the generation it was made in, and one of an older generation is refused.
ALTER TABLE participants ADD COLUMN disabled_at INTEGER;
ALTER TABLE participants ADD COLUMN token_generation INTEGER NOT NULL DEFAULT 0;
-- When that last happened, for servers that have sockets to close.
ALTER TABLE participants ADD COLUMN sessions_cut_at INTEGER;
CREATE INDEX participants_cut ON participants (sessions_cut_at) WHERE sessions_cut_at IS NOT NULL;
