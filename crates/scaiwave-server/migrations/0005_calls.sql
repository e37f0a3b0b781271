-- Ringing again: each invite has its own ring, counted and with an end of its own; and whether it is silent.
ALTER TABLE call_invites ADD COLUMN ring INTEGER NOT NULL DEFAULT 1;
ALTER TABLE call_invites ADD COLUMN rung_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_invites ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_invites ADD COLUMN settled_at INTEGER;
ALTER TABLE call_invites ADD COLUMN quiet TEXT;
UPDATE call_invites SET
    rung_at    = (SELECT started_at FROM calls WHERE calls.call_id = call_invites.call_id),
    expires_at = (SELECT ring_expires_at FROM calls WHERE calls.call_id = call_invites.call_id);

-- Who is in a call now.
CREATE INDEX call_devices_present ON call_devices (participant_id) WHERE state <> 'left';
