\set room random(0, :rooms - 1)
SELECT * FROM events WHERE room_id = 'r' || :room ORDER BY index DESC LIMIT 50;
