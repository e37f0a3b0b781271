ALTER TABLE rooms ADD COLUMN workspace_id TEXT;
ALTER TABLE rooms ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0;
UPDATE rooms SET is_public = 1 WHERE room_type = 'public';
-- open, archived, closed
ALTER TABLE rooms ADD COLUMN phase TEXT NOT NULL DEFAULT 'open';
-- The two people of a direct room, the lower id first, so that two people have one direct room.
ALTER TABLE rooms ADD COLUMN direct_key TEXT;
UPDATE rooms SET direct_key = oldest.pair FROM (
    SELECT min(room_id) AS room_id, pair FROM (
        SELECT room_id, min(participant_id) || ' ' || max(participant_id) AS pair
        FROM members JOIN rooms USING (room_id) WHERE room_type = 'dm' GROUP BY room_id
    ) GROUP BY pair
) AS oldest WHERE oldest.room_id = rooms.room_id;
CREATE UNIQUE INDEX rooms_direct ON rooms (direct_key) WHERE direct_key IS NOT NULL;

ALTER TABLE members ADD COLUMN changed_by TEXT;
-- What somebody who left may still see in sync: up to their own leaving.
ALTER TABLE members ADD COLUMN left_position INTEGER;
ALTER TABLE members ADD COLUMN notification_mode TEXT NOT NULL DEFAULT 'inherit';
ALTER TABLE members ADD COLUMN muted_until INTEGER;
ALTER TABLE members ADD COLUMN read_event_id TEXT;
ALTER TABLE members ADD COLUMN read_position INTEGER NOT NULL DEFAULT 0;
-- What was there before there were read markers counts as read.
UPDATE members SET read_position = (SELECT coalesce(max(stream_position), 0) FROM events);
CREATE INDEX members_room ON members (room_id, membership);

-- The first words of an edited message; never shown, gone with its redaction.
ALTER TABLE events ADD COLUMN original_content TEXT;
-- The message that an edit, redaction or reaction is about. Such rows bring the news to sync; history has the message as it is.
ALTER TABLE events ADD COLUMN target_id TEXT;
CREATE INDEX events_timeline ON events (room_id, stream_position) WHERE target_id IS NULL;

CREATE TABLE reactions (
    event_id        TEXT NOT NULL REFERENCES events (event_id),
    sender_id       TEXT NOT NULL,
    emoji           TEXT NOT NULL,
    stream_position INTEGER NOT NULL,
    PRIMARY KEY (event_id, sender_id, emoji)
) STRICT, WITHOUT ROWID;
