-- rows that a comparison by = would take for each other; each time the one that is meant stands behind the others
CREATE TABLE trade.near_text (v VARCHAR(20), t MEDIUMTEXT, c CHAR(10), l VARCHAR(20) CHARACTER SET latin1, g VARCHAR(20) CHARACTER SET gbk,
  u CHAR(6) CHARACTER SET ucs2, w CHAR(6) CHARACTER SET utf16, p VARCHAR(20) COLLATE utf8mb4_general_ci, n INT) DEFAULT CHARSET = utf8mb4;
CREATE TABLE trade.near_named (e ENUM('a', 'A', 'ä') COLLATE utf8mb4_bin, s SET('x', 'y', 'Ä') CHARACTER SET latin1, n INT);
CREATE TABLE trade.near_numbers (f FLOAT, r FLOAT(7,3), d DOUBLE, m DECIMAL(30,10), b BIGINT UNSIGNED, i BIGINT, n INT);
CREATE TABLE trade.near_bytes (fixed BINARY(4), v VARBINARY(20), b BLOB, one BIT(1), nine BIT(9), full BIT(64), n INT);
CREATE TABLE trade.near_times (day DATE, moment DATETIME(6), short DATETIME, stamp TIMESTAMP(3) NULL, span TIME(6), y YEAR, n INT);
CREATE TABLE trade.near_never_null (day DATE NOT NULL, moment DATETIME NOT NULL, maybe DATE NULL, n INT);
CREATE TABLE trade.near_json (doc JSON, n INT);
CREATE TABLE trade.near_places (p POINT, g GEOMETRY, n INT);
CREATE TABLE trade.near_columns (a INT, virtual_a INT AS (a + 1) VIRTUAL, stored_a INT AS (a + 2) STORED, hidden INT DEFAULT 7 INVISIBLE,
  `odd ``name` VARCHAR(10), `where` INT);
-- then
INSERT INTO trade.near_text (v, n) VALUES ('a ', 1), ('A', 1), ('á', 1), ('a', 1), ('a', 1), (NULL, 1), ('', 1), (' ', 1);
UPDATE trade.near_text SET v = 'b' WHERE HEX(v) = '61' LIMIT 1;
DELETE FROM trade.near_text WHERE HEX(v) = '61';
UPDATE trade.near_text SET n = 2 WHERE HEX(v) = '';
DELETE FROM trade.near_text WHERE v IS NULL;
UPDATE trade.near_text SET n = 3 WHERE HEX(v) = '6120';
INSERT INTO trade.near_text VALUES
  ('😀', 'x ', 'b', 'Größe', '漢字', 'b', 'b', 'Strasse', 10), ('😀', 'X', 'B', 'größe', '漢字', 'B', 'B', 'straße', 10), ('😁', 'x', 'B', 'Größe', '漢字', 'B', 'B', 'strasse', 10),
  ('😀', 'x', 'B', 'GROSSE', '漢', '漢', '𝄞', 'strasse', 10), ('', '', '', '', '', '', '', '', 10), (' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', 10);
UPDATE trade.near_text SET n = 11 WHERE n = 10 AND BINARY t = 'x' AND BINARY v = '😀';
UPDATE trade.near_text SET l = 'Ä€', g = '啊', u = 'ß', w = '😀' WHERE BINARY p = 'straße';
DELETE FROM trade.near_text WHERE BINARY p = 'straße';
UPDATE trade.near_text SET p = NULL WHERE BINARY p = 'strasse' AND n = 10;
DELETE FROM trade.near_text WHERE n = 10 AND LENGTH(v) = 1;
INSERT INTO trade.near_text (t, n) VALUES (REPEAT('xyzß😀', 20000), 20), (REPEAT('xyzß😁', 20000), 20);
UPDATE trade.near_text SET n = 21 WHERE n = 20 AND BINARY t LIKE '%😁';
INSERT INTO trade.near_text (l, u, w, n) VALUES (_latin1 x'818D8F909D', ' b', 'b b', 30), (_latin1 x'818D8F909D', 'b', 'b', 30);
UPDATE trade.near_text SET n = 31 WHERE n = 30 AND BINARY u = CONVERT('b' USING ucs2);
DELETE FROM trade.near_text WHERE n = 30;
INSERT INTO trade.near_named VALUES ('a', 'x,y', 1), ('A', 'x,y', 1), ('ä', 'Ä', 1), ('A', '', 1), ('A', NULL, 1), (NULL, '', 1);
UPDATE trade.near_named SET n = 2 WHERE e = 'A' AND s = 'x,y';
DELETE FROM trade.near_named WHERE e = 'A' AND s = '';
UPDATE trade.near_named SET e = NULL, s = 'x' WHERE e = 'ä';
DELETE FROM trade.near_named WHERE e IS NULL AND s = '';
INSERT INTO trade.near_numbers VALUES
  (0.1, 0.1, 0.1, 0.1, 1, 1, 1), (0.10000001, 0.1, 0.1, 0.1, 1, 1, 1), (0.1, 0.1, 0.10000000000000002, 0.1, 1, 1, 1), (0.1, 0.1, 0.1, 0.1000000001, 1, 1, 1),
  (0, 0, 0, 0, 0, 0, 2), (-0e0, 0, 0, 0, 0, 0, 2), (0, -0e0, 0, 0, 0, 0, 2), (0, 0, -0e0, 0, 0, 0, 2),
  (NULL, NULL, NULL, NULL, 18446744073709551614, 9007199254740992, 3), (NULL, NULL, NULL, NULL, 18446744073709551615, 9007199254740993, 3),
  (1.4e-45, 9999.999, 4.9406564584124654e-324, 12345678901234567890.0123456789, NULL, -9223372036854775808, 4), (3.4028234663852886e38, -0.001, 1.7976931348623157e308, -1, 0, NULL, 4);
UPDATE trade.near_numbers SET n = 5 WHERE n = 1 AND m > 0.1;
UPDATE trade.near_numbers SET n = 6 WHERE n = 1 AND d > 0.1;
DELETE FROM trade.near_numbers WHERE n = 1 AND f <> CAST(0.1 AS FLOAT);
UPDATE trade.near_numbers SET n = 7 WHERE n = 2 AND LEFT(d * 1e0, 1) = '-';
DELETE FROM trade.near_numbers WHERE n = 2 AND LEFT(f * 1e0, 1) = '-';
UPDATE trade.near_numbers SET n = 8 WHERE n = 2 AND LEFT(r * 1e0, 1) = '-';
UPDATE trade.near_numbers SET n = 9 WHERE i = 9007199254740993;
DELETE FROM trade.near_numbers WHERE i = 9007199254740992;
UPDATE trade.near_numbers SET f = f / 3, d = d / 3, m = m / 3, n = 10 WHERE n = 4;
UPDATE trade.near_numbers SET n = 11 WHERE n = 10;
INSERT INTO trade.near_bytes VALUES (x'01', x'01', 'a', 1, b'100000000', 0x7FFFFFFFFFFFFFFF, 1), (x'01', x'0100', 'a', 1, b'100000000', 0x7FFFFFFFFFFFFFFF, 1),
  (x'01', x'01', 'A', 1, b'100000001', 0x7FFFFFFFFFFFFFFF, 1), (x'01', x'01', 'A', 0, b'100000001', 0xFFFFFFFFFFFFFFFF, 1), ('', '', '', NULL, NULL, NULL, 1), (NULL, NULL, NULL, 0, 0, 0, 1);
UPDATE trade.near_bytes SET n = 2 WHERE HEX(v) = '0100';
UPDATE trade.near_bytes SET n = 3 WHERE full = 0xFFFFFFFFFFFFFFFF;
DELETE FROM trade.near_bytes WHERE n = 1 AND b = 'A';
UPDATE trade.near_bytes SET fixed = x'FF', n = 4 WHERE fixed IS NULL;
DELETE FROM trade.near_bytes WHERE nine IS NULL;
DELETE FROM trade.near_bytes WHERE n = 4;
SET time_zone = '+05:45', sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO trade.near_times VALUES
  ('2026-01-01', '2026-01-01', '2026-01-01', '2026-01-01', '00:00:00.5', 2026, 1), ('2026-01-01', '2026-01-01 00:00:00.000001', '2026-01-01', '2026-01-01', '00:00:00.5', 2026, 1),
  ('2026-01-01', '2026-01-01', '2026-01-01', '2026-01-01 00:00:00.001', '00:00:00.5', 2026, 1), ('2026-01-01', '2026-01-01', '2026-01-01', '2026-01-01', '-00:00:00.5', 2026, 1),
  ('0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '-838:59:59', 0, 2), (NULL, NULL, NULL, NULL, NULL, NULL, 2), ('2026-02-31', '2026-02-30', '2026-00-00', NULL, '838:59:59', 1970, 2);
UPDATE trade.near_times SET n = 3 WHERE n = 1 AND stamp > '2026-01-01';
DELETE FROM trade.near_times WHERE n = 1 AND span < 0;
UPDATE trade.near_times SET n = 4 WHERE n = 1 AND moment > '2026-01-01';
UPDATE trade.near_times SET n = 5 WHERE n = 2 AND y = 0;
DELETE FROM trade.near_times WHERE n = 2 AND y IS NULL;
UPDATE trade.near_times SET n = 6 WHERE n = 2;
DELETE FROM trade.near_times WHERE n = 5;
INSERT INTO trade.near_never_null VALUES ('0000-00-00', '0000-00-00', '0000-00-00', 1), ('0000-00-00', '0000-00-00', NULL, 1), ('2026-01-01', '0000-00-00', NULL, 1);
UPDATE trade.near_never_null SET n = 2 WHERE maybe IS NULL AND day = 0;
DELETE FROM trade.near_never_null WHERE maybe = '0000-00-00';
UPDATE trade.near_never_null SET day = '0000-00-00' WHERE n = 1;
DELETE FROM trade.near_never_null WHERE n = 2;
INSERT INTO trade.near_json VALUES
  ('1', 1), (CAST(CAST(1 AS UNSIGNED) AS JSON), 1), ('1.0', 1), (CAST(CAST(1 AS DECIMAL(5,1)) AS JSON), 1), ('true', 1), ('"1"', 1), ('null', 1), (NULL, 1), ('[1]', 1),
  ('{"a": [1, {"b": 1.5}], "c": "2026-01-02"}', 2), (JSON_OBJECT('a', JSON_ARRAY(1, JSON_OBJECT('b', 1.5)), 'c', '2026-01-02'), 2),
  (JSON_OBJECT('a', JSON_ARRAY(1, JSON_OBJECT('b', 1.5e0)), 'c', CAST('2026-01-02' AS DATE)), 2), (JSON_OBJECT('a', JSON_ARRAY(CAST(1 AS UNSIGNED), JSON_OBJECT('b', 1.5e0)), 'c', '2026-01-02'), 2),
  ('{}', 3), ('[]', 3), ('0.0', 4), ('-0.0', 4), ('"a"', 5), ('"A"', 5), ('"a "', 5), ('{"k": "é\\u0000 😀"}', 5);
UPDATE trade.near_json SET n = 11 WHERE n = 1 AND JSON_TYPE(doc) = 'DECIMAL';
UPDATE trade.near_json SET n = 12 WHERE n = 1 AND JSON_TYPE(doc) = 'UNSIGNED INTEGER';
UPDATE trade.near_json SET n = 13 WHERE n = 1 AND JSON_TYPE(doc) = 'NULL';
DELETE FROM trade.near_json WHERE n = 1 AND doc IS NULL;
DELETE FROM trade.near_json WHERE n = 1 AND JSON_TYPE(doc) = 'DOUBLE';
UPDATE trade.near_json SET n = 14 WHERE n = 2 AND JSON_TYPE(doc->'$.a[0]') = 'UNSIGNED INTEGER';
DELETE FROM trade.near_json WHERE n = 2 AND JSON_TYPE(doc->'$.c') = 'DATE';
UPDATE trade.near_json SET doc = JSON_SET(doc, '$.d', 1) WHERE n = 2 AND JSON_TYPE(doc->'$.a[1].b') = 'DECIMAL';
UPDATE trade.near_json SET n = 15 WHERE n = 3 AND JSON_TYPE(doc) = 'ARRAY';
DELETE FROM trade.near_json WHERE n = 4 AND CAST(doc AS CHAR) = '-0.0';
UPDATE trade.near_json SET n = 16 WHERE n = 5 AND CAST(doc AS CHAR) COLLATE utf8mb4_0900_bin = '"a "';
DELETE FROM trade.near_json WHERE n = 5 AND CAST(doc AS CHAR) COLLATE utf8mb4_0900_bin = '"A"';
UPDATE trade.near_json SET n = 17 WHERE n = 5 AND JSON_TYPE(doc) = 'OBJECT';
INSERT INTO trade.near_places VALUES (POINT(1, 2), ST_GeomFromText('POINT(1 2)'), 1), (POINT(1, 2), ST_GeomFromText('POINT(1 2)', 3857), 1), (POINT(1, 2), NULL, 1),
  (NULL, ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'), 1), (POINT(-0e0, 0), NULL, 2), (POINT(0, 0), NULL, 2);
UPDATE trade.near_places SET n = 3 WHERE ST_SRID(g) = 3857;
UPDATE trade.near_places SET p = POINT(0, 1) WHERE p IS NULL;
DELETE FROM trade.near_places WHERE n = 2 AND HEX(p) LIKE '%80%';
UPDATE trade.near_places SET n = 5 WHERE n = 2;
DELETE FROM trade.near_places WHERE n = 1 AND g IS NULL;
INSERT INTO trade.near_columns (a, `odd ``name`, `where`) VALUES (1, 'x', 1), (1, 'x', 1), (2, NULL, 2);
INSERT INTO trade.near_columns (a, hidden, `odd ``name`, `where`) VALUES (1, 8, 'x', 1), (1, NULL, 'x', 1);
UPDATE trade.near_columns SET `where` = 2 WHERE hidden = 8;
UPDATE trade.near_columns SET hidden = 9 WHERE hidden IS NULL;
DELETE FROM trade.near_columns WHERE hidden = 7 AND a = 1 LIMIT 1;
UPDATE trade.near_columns SET a = 5 WHERE a = 2;
