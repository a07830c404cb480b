\set room random(0, :rooms - 1)
SELECT * FROM rooms WHERE id = 'r' || :room;
