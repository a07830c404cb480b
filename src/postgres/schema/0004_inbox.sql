-- Without a default: the cost does not depend on the number of rows.

-- Null where the author gave none, and in events stored before this migration.
ALTER TABLE {schema}.events ADD COLUMN token_count bigint;
