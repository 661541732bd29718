CREATE TABLE trade.unique_only (a INT NOT NULL, b VARCHAR(10) NOT NULL, c INT, UNIQUE KEY (c), UNIQUE KEY ab (b, a));
CREATE TABLE account.no_key_at_all (a INT, slot SMALLINT UNSIGNED NOT NULL);
CREATE TABLE account.unique_or_null (a INT, slot SMALLINT UNSIGNED NOT NULL, UNIQUE KEY (a));
-- then
INSERT INTO trade.unique_only VALUES (1, 'x', NULL), (2, 'y', 2), (3, 'z', NULL);
UPDATE trade.unique_only SET c = 1 WHERE a = 1;
UPDATE trade.unique_only SET b = 'w', a = 20 WHERE a = 2;
DELETE FROM trade.unique_only WHERE a = 3;
-- halts TABLE_UNUSABLE
INSERT INTO account.no_key_at_all VALUES (1, 1);
-- halts TABLE_UNUSABLE
INSERT INTO account.unique_or_null VALUES (NULL, 1);
