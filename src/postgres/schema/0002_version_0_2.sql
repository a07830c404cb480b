-- Constant defaults and a new table only: the cost does not depend on the number of rows.

ALTER TABLE {schema}.rooms
    -- The events below are hidden from every call, and then removed (trim_room).
    ADD COLUMN first_index bigint NOT NULL DEFAULT 0,
    -- The latest created_at of the room's events, and the most by which the created_at of an event
    -- lies below that of an event at a lower index: an interval, which rounds no difference of times.
    -- They are known only while timed_events equals event_count. It does not in rooms older than
    -- this migration, nor after version 0.1 has appended.
    ADD COLUMN latest_created_at timestamptz,
    ADD COLUMN time_disorder interval NOT NULL DEFAULT interval '0',
    ADD COLUMN timed_events bigint NOT NULL DEFAULT -1;

ALTER TABLE {schema}.rooms ALTER COLUMN timed_events SET DEFAULT 0;

-- Whether the event was updated since it was stored; null if it was stored before this migration.
ALTER TABLE {schema}.events ADD COLUMN updated boolean;
ALTER TABLE {schema}.events ALTER COLUMN updated SET DEFAULT false;

-- Rooms with rows to remove: all rows of the room if there is no such room any more, otherwise its
-- events below first_index.
CREATE TABLE {schema}.removals (
    room_id text COLLATE "C" PRIMARY KEY,
    -- No event below this index is left.
    next_index bigint NOT NULL
);

-- Who may use the rooms may use this table, their owner included, who may be another role than this
-- one. The search path of the migration finds both.
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT acl.privilege_type AS privilege,
               CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(role.rolname) END AS role,
               CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
        FROM pg_class AS rooms
        CROSS JOIN aclexplode(coalesce(rooms.relacl, acldefault('r', rooms.relowner))) AS acl
        LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
        WHERE rooms.oid = 'rooms'::regclass AND role.rolname IS DISTINCT FROM current_user
          AND acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
        EXECUTE format('GRANT %s ON TABLE removals TO %s%s',
                       granted.privilege, granted.role, granted.option);
    END LOOP;
END
$$;
