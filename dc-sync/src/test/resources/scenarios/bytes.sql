CREATE TABLE trade.bytes_columns (
  id INT PRIMARY KEY, fixed BINARY(8), growing VARBINARY(300), tiny TINYBLOB, some BLOB, medium MEDIUMBLOB, large LONGBLOB
);
CREATE TABLE trade.bytes_keys (a BINARY(4), b VARBINARY(10), note INT, PRIMARY KEY (a, b));
-- then
INSERT INTO trade.bytes_columns VALUES
  (1, x'00', x'00275C0A0DFF00', x'00', x'2700', x'20', x'C3A9FF'),
  (2, '', '', '', '', '', ''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, x'6100000000000000', x'610000', x'6100', x'6120', REPEAT(x'00', 70000), REPEAT(x'00FF27', 300000)),
  (5, x'6120202020202020', x'202000', x'20', x'20', '', ''),
  (6, x'0000000000000000', REPEAT(x'FF', 300), REPEAT(x'FF', 255), REPEAT(x'FE', 65535), '', '');
UPDATE trade.bytes_columns SET fixed = x'FF', growing = '' WHERE id = 1;
INSERT INTO trade.bytes_keys VALUES (x'01', x'0100', 1), (x'0100', x'01', 2), (x'41', 'a', 3), (x'41', 'A', 4);
UPDATE trade.bytes_keys SET note = 10 WHERE note = 1;
UPDATE trade.bytes_keys SET a = x'02', b = '' WHERE note = 2;
DELETE FROM trade.bytes_keys WHERE note = 4;
