-- Files of messages and recordings. Their bytes lie in the object store under blob_key.
CREATE TABLE media (
    media_id     TEXT PRIMARY KEY,
    tenant_id    TEXT NOT NULL REFERENCES tenants,
    -- nobody's, if the server made it itself
    uploader_id  TEXT REFERENCES participants,
    blob_key     TEXT NOT NULL UNIQUE,
    file_name    TEXT NOT NULL,
    mime_type    TEXT NOT NULL,
    size         INTEGER NOT NULL,
    sha256       TEXT NOT NULL,
    width        INTEGER,
    height       INTEGER,
    duration_ms  INTEGER,
    thumbnail_id TEXT UNIQUE REFERENCES media,
    created_at   INTEGER NOT NULL
) STRICT;

-- Which events carry it: whoever sees one of them may see it.
CREATE TABLE media_events (
    media_id TEXT NOT NULL REFERENCES media,
    event_id TEXT NOT NULL REFERENCES events (event_id) ON DELETE CASCADE,
    PRIMARY KEY (media_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_events_event ON media_events (event_id);
