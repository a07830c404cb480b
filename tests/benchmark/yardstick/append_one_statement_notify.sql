\set room random(0, :rooms - 1)
WITH locked AS (
    SELECT id, next_index FROM rooms WHERE id = 'r' || :room FOR UPDATE
), counted AS (
    UPDATE rooms SET next_index = rooms.next_index + 1, event_count = rooms.event_count + 1
    FROM locked WHERE rooms.id = locked.id
)
INSERT INTO events
SELECT gen_random_uuid()::text, id, next_index, 'message', 'pending', 'all', 'sms1', 'sms', 'p1',
       NULL, NULL, gen_random_uuid()::text, now(),
       '{"content": {"type": "text", "body": "Shall we meet at the station at nine, or is that too early? Shall we meet at the station at nine, or is that too early? Shall we meet at the station at nine, or is that too early? "}, "metadata": {}, "channel_data": {}}'
FROM locked
RETURNING index, pg_notify('appended', '');
