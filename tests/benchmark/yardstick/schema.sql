-- The tables of the yardstick: a carefully hand-written schema for the same task, with one statement at
-- a time. The benchmark adds the rooms r0, r1 ...
CREATE TABLE rooms (
    id text PRIMARY KEY,
    organization_id text,
    status text NOT NULL DEFAULT 'active',
    next_index bigint NOT NULL DEFAULT 0,
    event_count bigint NOT NULL DEFAULT 0,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events (
    id text NOT NULL,
    room_id text NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    index bigint NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    visibility text NOT NULL,
    source_channel_id text NOT NULL,
    source_channel_type text NOT NULL,
    participant_id text,
    correlation_id text,
    parent_event_id text,
    idempotency_key text,
    created_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (room_id, index)
);

CREATE UNIQUE INDEX events_by_id ON events (id);
CREATE UNIQUE INDEX events_by_key ON events (room_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX events_by_parent ON events (room_id, parent_event_id, index)
    WHERE parent_event_id IS NOT NULL;
CREATE INDEX events_by_correlation ON events (correlation_id) WHERE correlation_id IS NOT NULL;
