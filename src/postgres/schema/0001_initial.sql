-- Keys and ids compare by bytes, whatever the collation of the database. Every key of a room's rows
-- contains the room's id, so that the tables can be partitioned or distributed by room. There are no
-- foreign keys: whoever adds a row to a room holds a lock on the room's row, which deleting the room
-- waits for, and this costs less than a check per row.

CREATE TABLE {schema}.schema_version (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Appends change the counters and last_activity_at: none of them may be part of an index, and the
-- free space lets the new row version stay on its page (a heap-only tuple).
CREATE TABLE {schema}.rooms (
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    last_activity_at timestamptz,
    inactive_after_seconds bigint,
    closed_after_seconds bigint,
    -- Events ever stored, and the highest index given to one (meaningless before the first).
    event_count bigint NOT NULL,
    latest_index bigint NOT NULL,
    delivered_index bigint NOT NULL,
    -- Events stored now.
    live_count bigint NOT NULL DEFAULT 0,
    -- No index above this one, up to latest_index, lacks its event: what lies above a read marker
    -- can be counted by subtraction from here on.
    last_gap bigint NOT NULL DEFAULT -1,
    id text COLLATE "C" NOT NULL,
    organization_id text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    agent_response_policy text COLLATE "C" NOT NULL,
    -- Searched by containment, patched by the server.
    metadata jsonb NOT NULL,
    PRIMARY KEY (id)
) {per_room rooms id fillfactor=70};

CREATE INDEX rooms_by_status ON {schema}.rooms (status, created_at, id);
CREATE INDEX rooms_by_organization ON {schema}.rooms (organization_id, status, created_at, id)
    WHERE organization_id IS NOT NULL;
-- Without a pending list, which every search would have to read.
CREATE INDEX rooms_by_metadata ON {schema}.rooms USING gin (metadata jsonb_path_ops)
    WITH (fastupdate = off);

-- Fixed-width columns first: no padding. JSON that is only stored and returned is json, which keeps
-- numbers as they were written.
CREATE TABLE {schema}.events (
    index bigint NOT NULL,
    created_at timestamptz NOT NULL,
    room_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    visibility text COLLATE "C" NOT NULL,
    source_channel_id text COLLATE "C" NOT NULL,
    source_channel_type text COLLATE "C" NOT NULL,
    source_direction text COLLATE "C" NOT NULL,
    participant_id text COLLATE "C",
    correlation_id text COLLATE "C",
    parent_event_id text COLLATE "C",
    idempotency_key text COLLATE "C",
    content json NOT NULL,
    -- The fields without a column, those at their defaults left out; null where all of them are.
    extra json,
    PRIMARY KEY (room_id, index)
) {per_room events room_id fillfactor=90};

-- In this order it also finds an event whose room is not known.
CREATE UNIQUE INDEX events_by_id ON {schema}.events (id, room_id);
CREATE UNIQUE INDEX events_by_key ON {schema}.events (room_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX events_by_parent ON {schema}.events (room_id, parent_event_id, index)
    WHERE parent_event_id IS NOT NULL;
CREATE INDEX events_by_correlation ON {schema}.events (room_id, correlation_id, index)
    WHERE correlation_id IS NOT NULL;

-- room_created_at repeats the room's, which never changes, and room_status the room's, which
-- update_room changes here too: with them, the indexes find the oldest room of a channel and the
-- newest of a participant, of all or in one state, without visiting every room they are in.
CREATE TABLE {schema}.bindings (
    attached_at timestamptz NOT NULL,
    room_created_at timestamptz NOT NULL,
    last_read_index bigint,
    muted boolean NOT NULL,
    output_muted boolean NOT NULL,
    room_id text COLLATE "C" NOT NULL,
    room_status text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    channel_type text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    direction text COLLATE "C" NOT NULL,
    access text COLLATE "C" NOT NULL,
    visibility text COLLATE "C" NOT NULL,
    participant_id text COLLATE "C",
    -- Null where they are the defaults.
    capabilities json,
    rate_limit json,
    retry_policy json,
    metadata json,
    PRIMARY KEY (room_id, channel_id)
) {per_room bindings room_id};

CREATE INDEX bindings_by_channel ON {schema}.bindings
    (channel_id, room_status, room_created_at, room_id);
CREATE INDEX bindings_by_participant ON {schema}.bindings
    (participant_id, room_status, room_created_at, room_id) WHERE participant_id IS NOT NULL;

CREATE TABLE {schema}.participants (
    joined_at timestamptz NOT NULL,
    room_created_at timestamptz NOT NULL,
    resolved_at timestamptz,
    room_id text COLLATE "C" NOT NULL,
    room_status text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    display_name text,
    role text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    identification text COLLATE "C" NOT NULL,
    identity_id text COLLATE "C",
    external_id text,
    resolved_by text,
    candidates json,
    -- The channels after channel_id.
    connected_via json,
    metadata json,
    PRIMARY KEY (room_id, id)
) {per_room participants room_id};

CREATE INDEX participants_by_id ON {schema}.participants
    (id, room_status, room_created_at, room_id);

CREATE TABLE {schema}.identities (
    id text COLLATE "C" PRIMARY KEY,
    organization_id text COLLATE "C",
    display_name text,
    email text,
    phone text,
    external_id text,
    -- Lists of addresses by channel type, each in the order of linking.
    channel_addresses json,
    external_ids json,
    metadata json
);

-- Who holds an address inside an organization; '' stands for no organization, which a key could not
-- hold as null. In this order it also tells whether an identity holds the address elsewhere.
CREATE TABLE {schema}.identity_addresses (
    channel_type text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    organization_id text COLLATE "C" NOT NULL,
    identity_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (channel_type, address, organization_id)
);

CREATE TABLE {schema}.tasks (
    created_at timestamptz NOT NULL,
    room_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    title text NOT NULL,
    description text,
    assigned_to text,
    status text COLLATE "C" NOT NULL,
    metadata json,
    -- In this order it also finds a task whose room is not known.
    PRIMARY KEY (id, room_id)
) {per_room tasks room_id};

CREATE INDEX tasks_by_room ON {schema}.tasks (room_id, created_at, id);

CREATE TABLE {schema}.observations (
    created_at timestamptz NOT NULL,
    confidence double precision NOT NULL,
    room_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    content text NOT NULL,
    category text,
    metadata json,
    PRIMARY KEY (room_id, id)
) {per_room observations room_id};

CREATE TABLE {schema}.read_markers (
    index bigint NOT NULL,
    room_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (room_id, channel_id)
) {per_room read_markers room_id fillfactor=70};
