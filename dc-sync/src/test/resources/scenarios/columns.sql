CREATE TABLE trade.generated (
  id INT PRIMARY KEY, a INT, b VARCHAR(20), sum_virtual INT AS (a + 1) VIRTUAL, sum_stored INT AS (a + 2) STORED,
  upper_b VARCHAR(20) AS (UPPER(b)) STORED, behind INT DEFAULT 5, doc JSON, field VARCHAR(10) AS (doc->>'$.x') VIRTUAL,
  KEY (sum_virtual), UNIQUE (field)
);
CREATE TABLE trade.generated_key (a INT, b INT AS (a * 2) STORED, note INT, PRIMARY KEY (b));
CREATE TABLE trade.invisible (id INT PRIMARY KEY, shown INT, hidden INT DEFAULT 7 INVISIBLE, hidden_text VARCHAR(10) INVISIBLE);
CREATE TABLE trade.functional (id INT PRIMARY KEY, name VARCHAR(20), KEY ((UPPER(name))), UNIQUE KEY ((id + 1)));
CREATE TABLE trade.defaults (
  id INT PRIMARY KEY AUTO_INCREMENT, a INT DEFAULT 5, b VARCHAR(10) NOT NULL DEFAULT 'x', c VARCHAR(10) DEFAULT 'y',
  d DATE DEFAULT '2026-01-01', e DECIMAL(5,2) DEFAULT 1.50, f JSON DEFAULT (JSON_ARRAY(1)), g VARCHAR(36) DEFAULT (UUID()),
  h BIT(3) DEFAULT b'101', i ENUM('p', 'q') NOT NULL DEFAULT 'q', j TIMESTAMP DEFAULT '2026-01-01 00:00:00', k TEXT, l YEAR DEFAULT 2026,
  m TIME DEFAULT '-10:00:00', n DATETIME DEFAULT '0000-00-00 00:00:00', o CHAR(3) CHARACTER SET latin1 DEFAULT 'é', p POINT DEFAULT (POINT(1,1))
);
CREATE TABLE trade.several_keys (a INT, b VARCHAR(10), c DATE, d DECIMAL(5,2), note INT, PRIMARY KEY (c, a, d, b), UNIQUE (note));
-- then
INSERT INTO trade.generated (id, a, b, doc) VALUES (1, 1, 'ß x', '{"x": "1"}'), (2, NULL, NULL, NULL);
UPDATE trade.generated SET a = 100, doc = '{"x": "2"}' WHERE id = 1;
INSERT INTO trade.generated_key (a, note) VALUES (1, 1), (2, 2), (3, 3);
UPDATE trade.generated_key SET a = 10 WHERE a = 1;
UPDATE trade.generated_key SET note = 20 WHERE a = 2;
DELETE FROM trade.generated_key WHERE a = 3;
INSERT INTO trade.invisible VALUES (1, 1);
INSERT INTO trade.invisible (id, shown, hidden, hidden_text) VALUES (2, 2, NULL, 'there');
UPDATE trade.invisible SET hidden = 8 WHERE id = 1;
INSERT INTO trade.functional VALUES (1, 'one'), (2, 'two');
UPDATE trade.functional SET name = 'Three' WHERE id = 2;
SET sql_mode = '';
INSERT INTO trade.defaults () VALUES ();
INSERT INTO trade.defaults (id, a, b, c, d, e, f, g, h, j, l, m, n, o, p) VALUES
  (2, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO trade.defaults (id, a) VALUES (-5, 0);
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO trade.defaults (id, a) VALUES (0, 0);
INSERT INTO trade.several_keys VALUES (1, 'a', '2026-01-01', 1.5, 1), (1, 'A ', '2026-01-02', 1.5, 2), (2, '', '2026-01-01', 0, NULL);
UPDATE trade.several_keys SET a = 3, b = 'c' WHERE note = 1;
UPDATE trade.several_keys SET note = note + 1 ORDER BY note DESC;
BEGIN;
UPDATE trade.several_keys SET a = 99 WHERE note = 2;
UPDATE trade.several_keys SET a = 1 WHERE note = 3;
DELETE FROM trade.several_keys WHERE a = 99;
INSERT INTO trade.several_keys VALUES (99, 'c', '2026-01-01', 1.5, 2);
COMMIT;
