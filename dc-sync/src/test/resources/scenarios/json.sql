CREATE TABLE trade.json_columns (id INT PRIMARY KEY, doc JSON, more JSON);
CREATE TABLE trade.json_parts (id INT PRIMARY KEY, doc JSON,
  t1 VARCHAR(30) AS (JSON_TYPE(doc->'$.a')), t2 VARCHAR(30) AS (JSON_TYPE(doc->'$.b')),
  t3 VARCHAR(30) AS (JSON_TYPE(doc->'$.c')), t4 VARCHAR(30) AS (JSON_TYPE(doc->'$.d')) STORED);
CREATE TABLE trade.json_parts_in_place (id INT PRIMARY KEY, doc JSON);
CREATE TABLE trade.json_in_place (id INT PRIMARY KEY, doc JSON);
CREATE TABLE account.json_opaque (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, doc JSON);
CREATE TABLE trade.json_sources (id INT PRIMARY KEY, ts TIMESTAMP(6) NULL, dt DATETIME(6), tm TIME(6), da DATE, y YEAR,
  b4 BINARY(4), vb VARBINARY(300), tb TINYBLOB, bb BLOB, mb MEDIUMBLOB, lb LONGBLOB, b1 BIT(1), b12 BIT(12), b64 BIT(64),
  de DECIMAL(10,3), big DECIMAL(65,30), kind ENUM('a', 'b'), tags SET('a', 'b'), place GEOMETRY, f FLOAT);
-- then
INSERT INTO trade.json_columns VALUES
  (1, '{}', '[]'), (2, 'null', 'true'), (3, '""', '0'), (4, '-0.0', '1.0'), (5, NULL, 'false'),
  (6, '{"b": 1, "a": 2, "aa": 3, "": 4, "ä": 5, "😀": 6, "q\\"": "\\\\ \\u0000 \\u001f \\n / é \\u2028"}', '"😀"'),
  (7, '[-9223372036854775808, 9223372036854775807, 18446744073709551615, 0, -1, 32767, 32768, 65535, 65536, 2147483647, 2147483648, 4294967295, 4294967296, -32769, -2147483649]', '123456789012345678901234567890'),
  (8, '[1.7976931348623157e308, 4.9e-324, 0.1, 1e21, 1e-7, 123456789.123456789, 3.141592653589793, 5e-324, 9007199254740993.0]', NULL);
INSERT INTO trade.json_columns VALUES
  (10, CONCAT(REPEAT('[', 90), '1', REPEAT(']', 90)), CONCAT(REPEAT('{"k": ', 90), '{}', REPEAT('}', 90))),
  (11, CONCAT('[', REPEAT('{"name": "some text", "n": 12345},', 5000), 'null]'), JSON_QUOTE(REPEAT('x', 200000))),
  (12, '{"k": 1, "k": 2}', '  [ 1 ,2 ]  ');
INSERT INTO trade.json_columns VALUES
  (20, JSON_OBJECT('d', CAST('2026-01-02' AS DATE), 't', CAST('-23:59:58.000001' AS TIME(6)), 'm', CAST('2026-01-02 03:04:05.000006' AS DATETIME(6))),
   JSON_ARRAY(1.50, CAST(12345678901234567890123456789012345.123456789012345678901234567891 AS DECIMAL(65,30)), CAST(7 AS DECIMAL(5,0)), -0.001)),
  (21, CAST(CAST('2026-01-02' AS DATE) AS JSON), CAST(1.10 AS JSON)),
  (22, JSON_ARRAY(CAST(5 AS UNSIGNED), CAST(5000000000 AS SIGNED), CAST(70000 AS UNSIGNED), 0e0, 1.5e0, TRUE, NULL, 'it''s "x" \\', JSON_OBJECT('k', CAST(1 AS UNSIGNED), '', FALSE)),
   JSON_ARRAY(CAST(5000000000 AS SIGNED), 18446744073709551615)),
  (23, JSON_ARRAY(CAST('23:00:00' AS TIME), CAST('9999-12-31 23:59:59.999999' AS DATETIME(6)), CAST('-00:00:00.5' AS TIME(1))), CAST(CAST(3 AS UNSIGNED) AS JSON)),
  (24, JSON_OBJECT('deep', JSON_ARRAY(JSON_OBJECT('x', JSON_ARRAY(1.0, 2, '3', JSON_OBJECT())), JSON_ARRAY())), NULL);
UPDATE trade.json_columns SET doc = JSON_SET(doc, '$.b', -0.25, '$.new', CAST(1.0 AS DECIMAL(3,1))) WHERE id = 6;
INSERT INTO trade.json_parts (id, doc) VALUES
  (1, JSON_OBJECT('a', 1.5, 'b', CAST('2026-01-02' AS DATE), 'c', CAST(1 AS UNSIGNED), 'd', CAST('10:00' AS TIME))),
  (2, JSON_OBJECT('a', 1, 'b', 1e0, 'c', CAST(4294967295 AS SIGNED), 'd', CAST(4294967296 AS SIGNED))),
  (3, JSON_OBJECT('a', CAST('2026-01-02' AS DATETIME), 'b', CAST(4294967295 AS UNSIGNED), 'c', CAST(4294967296 AS UNSIGNED), 'd', '2026-01-02')),
  (4, '{"a": 5000000000, "b": -5000000000, "c": 1.0, "d": 4294967295}');
INSERT INTO account.json_opaque VALUES (1, 1, '1');
-- what only a column's type makes of a part: its bytes, BIT, TIMESTAMP, a DECIMAL's digits
SET sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO trade.json_sources VALUES
  (1, '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', '-00:00:00.5', '2026-01-02', 2026, x'00ff', x'00ff27', x'00', x'ff',
   REPEAT(x'80', 70000), x'', b'1', b'100000000001', 18446744073709551615, 1.5, 12345678901234567890123456789012345.5, 'b', 'a,b',
   ST_GeomFromText('POINT(1 2)'), 1.1),
  (2, '0000-00-00', '0000-00-00', '838:59:59', '0000-00-00', 0, x'', x'', x'', x'', x'', x'00', b'0', 0, 0, 0, 0, NULL, '', NULL, 0),
  (3, '2038-01-19 03:14:07.999999', '2026-02-31 01:02:03', '-838:59:59', '2026-00-10', 2155, x'ffffffff', REPEAT(x'01', 300), REPEAT(x'02', 255),
   REPEAT(x'03', 65535), x'41', x'42', NULL, 4095, 9223372036854775808, -0.001, -1e-30, 'a', 'b', ST_GeomFromText('LINESTRING(0 0, 1 1)'), -0.0),
  (4, '1970-01-01 00:00:01', '9999-12-31 23:59:59.999999', '31:00:00', '9999-12-31', 1901, x'20202020', x'61', 'a', 'a', 'a', 'a', b'1', 1, 48, 1234567.891,
   99999999999999999999999999999999999.999999999999999999999999999999, 'a', 'a', NULL, 1e30),
  (5, '2026-01-02 03:04:05', '1000-01-01', '32:00:00', '1000-01-01', 1970, x'31', x'31', x'31', x'31', x'31', x'31', b'0', 2, 1, 0.25, 7, 'b', 'a', NULL, 3);
INSERT INTO account.json_opaque SELECT 10 + id, 1, JSON_ARRAY(ts, dt, tm, da, y, b4, vb, tb, bb, mb, lb, b1, b12, b64, de, big, kind, tags, place, f) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 20 + id, 1, JSON_OBJECT('ts', ts, 'in', JSON_ARRAY(tm, JSON_OBJECT('it''s "x"', bb, 'b', b12)), 'de', de, 'n', CAST(1 AS UNSIGNED), 's', 'base64:type252:AP8=') FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 30 + id, 1, CAST(ts AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 40 + id, 1, CAST(tm AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 50 + id, 1, CAST(bb AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 60 + id, 1, CAST(b12 AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 70 + id, 1, CAST(de AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 80 + id, 1, CAST(dt AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque SELECT 90 + id, 1, CAST(b4 AS JSON) FROM trade.json_sources;
INSERT INTO account.json_opaque VALUES
  (100, 1, JSON_OBJECT('bytes', x'00FF', 'more', CAST(x'61' AS BINARY), 'cast', CAST('a' AS BINARY(5)), 'none', x'', 'wkb', ST_AsWKB(ST_GeomFromText('POINT(1 2)')))),
  (101, 1, JSON_ARRAY(CAST('24:00:00' AS TIME), CAST('100:00:00.25' AS TIME(6)), CAST('-100:00:00.25' AS TIME(6)), CAST('838:59:59' AS TIME), TIMEDIFF('200:00', '1:00'))),
  (102, 1, JSON_ARRAY(1.5*1.5, 1.5-1.5, 10/4, 0.5/3, -0.0, CAST(0.25 AS DECIMAL(10,2)), CAST(7 AS DECIMAL(5,0)), CAST(1 AS DECIMAL(65,30)), 1.50, 00.25, 7., 12345678901234567890.5)),
  (103, 1, JSON_SET('{"k": 1}', '$.k', CAST('0000-00-00' AS DATE), '$.bits', b'101'));
INSERT INTO account.json_opaque WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000)
  SELECT 110, 1, JSON_ARRAYAGG(CAST(n AS DECIMAL(20,2))) FROM c;
INSERT INTO account.json_opaque WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 600)
  SELECT 111, 1, JSON_ARRAYAGG(JSON_ARRAY(b4, ts, de, n)) FROM c, trade.json_sources;
UPDATE account.json_opaque SET doc = JSON_OBJECT('was', doc, 'is', x'00') WHERE id = 11;
DELETE FROM account.json_opaque WHERE id = 31;
-- changed where they stand, they keep gaps at the source that no copy has: equal, and not in their bytes
INSERT INTO trade.json_in_place SELECT id, doc FROM trade.json_columns WHERE id = 7;
INSERT INTO trade.json_in_place SELECT id, doc FROM account.json_opaque WHERE id IN (12, 13, 22, 23);
UPDATE trade.json_in_place SET doc = JSON_REMOVE(doc, '$[0]') WHERE id = 7;
UPDATE trade.json_in_place SET doc = JSON_SET(doc, '$[0]', x'00') WHERE id = 12;
UPDATE trade.json_in_place SET doc = JSON_REPLACE(doc, '$.n', CAST(2 AS UNSIGNED)) WHERE id = 22;
UPDATE trade.json_in_place SET doc = JSON_REMOVE(doc, '$.de') WHERE id = 23;
INSERT INTO trade.json_parts_in_place VALUES (1, '{"a": "long enough", "b": 2}');
-- a session that writes parts of documents only
-- halts SOURCE_SETTINGS
SET SESSION binlog_row_value_options = PARTIAL_JSON;
UPDATE trade.json_parts_in_place SET doc = JSON_REPLACE(doc, '$.a', 'short') WHERE id = 1;
