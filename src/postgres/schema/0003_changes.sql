-- Constant defaults and new tables only: the cost does not depend on the number of rows.

ALTER TABLE {schema}.rooms
    -- Tells the room from an earlier or later one with the same id.
    ADD COLUMN generation bigint NOT NULL DEFAULT 0,
    -- Counts the changes of the room that are not appends: of its row, of first_index, and of events.
    ADD COLUMN revision bigint NOT NULL DEFAULT 0,
    -- The revision of the latest change of the row by update_room or patch_room_metadata.
    ADD COLUMN row_revision bigint NOT NULL DEFAULT 0,
    -- Number of rows in event_changes. The changes up to revision_floor may be missing there.
    ADD COLUMN remembered bigint NOT NULL DEFAULT 0,
    ADD COLUMN revision_floor bigint NOT NULL DEFAULT 0;

ALTER TABLE {schema}.rooms
    ALTER COLUMN generation SET DEFAULT hashtextextended(gen_random_uuid()::text, 0);

-- The latest change of every event that was updated, deleted, or imported below the room's end.
CREATE TABLE {schema}.event_changes (
    index bigint NOT NULL,
    revision bigint NOT NULL,
    deleted boolean NOT NULL,
    room_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (room_id, index)
) {per_room event_changes room_id};

-- Not unique: version 0.1 deletes rooms, and leaves these rows to the next room of the same id.
CREATE INDEX event_changes_by_revision ON {schema}.event_changes (room_id, revision);

-- epoch: a part of every cursor, so that a new value makes all cursors invalid.
-- hint_key: by which messages between processes name rooms, so that nobody else knows them.
CREATE TABLE {schema}.settings (
    name text COLLATE "C" PRIMARY KEY,
    value uuid NOT NULL
);

INSERT INTO {schema}.settings (name, value)
VALUES ('epoch', gen_random_uuid()), ('hint_key', gen_random_uuid());

-- Who may use the rooms may use these tables: see 0002.
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT acl.privilege_type AS privilege, tables.name AS table,
               CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(role.rolname) END AS role,
               CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
        FROM pg_class AS rooms
        CROSS JOIN (VALUES ('event_changes'), ('settings')) AS tables (name)
        CROSS JOIN aclexplode(coalesce(rooms.relacl, acldefault('r', rooms.relowner))) AS acl
        LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
        WHERE rooms.oid = 'rooms'::regclass AND role.rolname IS DISTINCT FROM current_user
          AND acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
        EXECUTE format('GRANT %s ON TABLE %I TO %s%s',
                       granted.privilege, granted.table, granted.role, granted.option);
    END LOOP;
END
$$;
