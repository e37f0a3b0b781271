-- Times are milliseconds since the Unix epoch; states are the words of call-model's vocabulary.

CREATE TABLE tenants (
    tenant_id  TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE participants (
    participant_id   TEXT PRIMARY KEY,
    tenant_id        TEXT NOT NULL REFERENCES tenants,
    local_id         TEXT NOT NULL UNIQUE,
    display_name     TEXT NOT NULL,
    participant_type TEXT NOT NULL DEFAULT 'human',
    password_hash    TEXT,
    created_at       INTEGER NOT NULL
) STRICT;

-- Refresh tokens are kept as hashes. A used one stays until it expires, so that a second use is recognised as theft.
CREATE TABLE refresh_tokens (
    token_hash     BLOB PRIMARY KEY,
    family         TEXT NOT NULL,
    participant_id TEXT NOT NULL REFERENCES participants,
    expires_at     INTEGER NOT NULL,
    used_at        INTEGER
) STRICT;
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);

CREATE TABLE rooms (
    room_id    TEXT PRIMARY KEY,
    tenant_id  TEXT NOT NULL REFERENCES tenants,
    room_type  TEXT NOT NULL,
    name       TEXT NOT NULL,
    topic      TEXT,
    creator_id TEXT NOT NULL REFERENCES participants,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    room_id        TEXT NOT NULL REFERENCES rooms,
    participant_id TEXT NOT NULL REFERENCES participants,
    membership     TEXT NOT NULL,
    power_level    INTEGER NOT NULL,
    joined_at      INTEGER NOT NULL,
    PRIMARY KEY (room_id, participant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_participant ON members (participant_id, membership);

CREATE TABLE events (
    stream_position INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id        TEXT NOT NULL UNIQUE,
    room_id         TEXT NOT NULL REFERENCES rooms,
    sender_id       TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    content         TEXT NOT NULL,
    event_uuid      TEXT,
    created_at      INTEGER NOT NULL,
    edited_at       INTEGER,
    redacted_at     INTEGER
) STRICT;
CREATE INDEX events_room ON events (room_id, stream_position);
CREATE UNIQUE INDEX events_once ON events (room_id, sender_id, event_uuid) WHERE event_uuid IS NOT NULL;

CREATE TABLE calls (
    call_id         TEXT PRIMARY KEY,
    room_id         TEXT NOT NULL REFERENCES rooms,
    direct          INTEGER NOT NULL,
    call_type       TEXT NOT NULL,
    state           TEXT NOT NULL,
    version         INTEGER NOT NULL,
    initiator_id    TEXT NOT NULL REFERENCES participants,
    started_at      INTEGER NOT NULL,
    answered_at     INTEGER,
    ended_at        INTEGER,
    end_reason      TEXT,
    ended_by        TEXT,
    ring_expires_at INTEGER NOT NULL,
    empty_until     INTEGER,
    delete_at       INTEGER,
    sfu_lost        INTEGER NOT NULL,
    -- when the next timer of this call runs out: what a restarted server re-arms from
    next_due        INTEGER
) STRICT;
CREATE UNIQUE INDEX calls_one_live_per_room ON calls (room_id) WHERE state IN ('ringing', 'active');
CREATE INDEX calls_due ON calls (next_due) WHERE next_due IS NOT NULL;

CREATE TABLE call_invites (
    call_id        TEXT NOT NULL REFERENCES calls,
    participant_id TEXT NOT NULL REFERENCES participants,
    state          TEXT NOT NULL,
    device_id      TEXT,
    PRIMARY KEY (call_id, participant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE call_devices (
    call_id        TEXT NOT NULL REFERENCES calls,
    participant_id TEXT NOT NULL REFERENCES participants,
    device_id      TEXT NOT NULL,
    state          TEXT NOT NULL,
    since          INTEGER NOT NULL,
    joined_at      INTEGER,
    left_at        INTEGER,
    left_reason    TEXT,
    deadline       INTEGER,
    last_seen      INTEGER,
    sfu_sid        TEXT,
    PRIMARY KEY (call_id, participant_id, device_id)
) STRICT, WITHOUT ROWID;

-- Webhooks already taken, so that a repeated one changes nothing.
CREATE TABLE webhooks_seen (
    webhook_id TEXT PRIMARY KEY,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
