\set room random(0, :rooms - 1)
BEGIN;
SELECT next_index FROM rooms WHERE id = 'r' || :room FOR UPDATE;
INSERT INTO events
SELECT gen_random_uuid()::text, id, next_index, 'message', 'pending', 'all', 'sms1', 'sms', 'p1',
       NULL, NULL, gen_random_uuid()::text, now(),
       '{"content": {"type": "text", "body": "Shall we meet at the station at nine, or is that too early? Shall we meet at the station at nine, or is that too early? Shall we meet at the station at nine, or is that too early? "}, "metadata": {}, "channel_data": {}}'
FROM rooms WHERE id = 'r' || :room;
UPDATE rooms SET next_index = next_index + 1, event_count = event_count + 1 WHERE id = 'r' || :room;
COMMIT;
