CREATE TABLE trade.text_columns (
  id INT PRIMARY KEY,
  mb4 VARCHAR(200) CHARACTER SET utf8mb4, mb4_bin VARCHAR(200) COLLATE utf8mb4_bin,
  mb3 VARCHAR(200) CHARACTER SET utf8mb3, latin VARCHAR(300) CHARACTER SET latin1,
  latin_bin CHAR(20) COLLATE latin1_bin, chinese VARCHAR(200) CHARACTER SET gbk,
  national VARCHAR(200) CHARACTER SET gb18030, japanese VARCHAR(200) CHARACTER SET sjis,
  wide VARCHAR(200) CHARACTER SET utf16, ucs CHAR(10) CHARACTER SET ucs2, plain VARCHAR(20) CHARACTER SET ascii,
  fixed CHAR(10), tiny TINYTEXT, medium MEDIUMTEXT CHARACTER SET latin1, large LONGTEXT
) DEFAULT CHARSET = utf8mb4;
CREATE TABLE trade.text_latin_default (id VARCHAR(50) PRIMARY KEY, words TEXT, fixed CHAR(5), kind ENUM('Größe', 'b'))
  DEFAULT CHARSET = latin1;
CREATE TABLE trade.text_keys (a VARCHAR(50), b VARCHAR(20) CHARACTER SET gbk, c CHAR(5) COLLATE utf8mb4_bin,
  note INT, PRIMARY KEY (a, b, c));
-- then
SET NAMES utf8mb4;
INSERT INTO trade.text_columns VALUES
  (1, 'Zoë 😀 '' " \\ % _ ; -- \0 \n \r \t \Z', 'ÀÉ 👩‍👩‍👧', '漢字 ß', 'Größe €', 'ä', '漢字測試', '㐀漢𠀀', '日本語ソ表', '𝄞漢a', '漢a', 'plain',
   'a', 'tiny', 'Ä€', REPEAT('xyzß😀', 20000)),
  (2, '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ',
   'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ', 'trailing  ',
   'trailing  ');
-- every byte that the charset has, undefined ones of cp1252 included
INSERT INTO trade.text_columns (id, latin, latin_bin) VALUES
  (5, CONVERT(x'0001020304050607080B0C0E0F101B1F7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1AAADBFC0D7DFF7FEFF' USING latin1),
   x'818D8F909D');
INSERT INTO trade.text_columns (id, chinese, japanese) VALUES (6, _gbk x'8140A2A1A6D9FEA0', _sjis x'5C7E815F8191FBFCFC4B');
INSERT INTO trade.text_columns (id, mb4) VALUES (7, '\uFFFD replaced for good'), (8, _utf8mb4 x'EFBFBD');
UPDATE trade.text_columns SET mb4 = CONCAT(mb4, ' '), latin = 'É', chinese = '啊' WHERE id IN (1, 4);
INSERT INTO trade.text_latin_default VALUES ('Schlüssel', 'Größe', 'é ', 'Größe'), ('x', 'ÿ', '', 'b'), ('weg', '', '', NULL);
UPDATE trade.text_latin_default SET words = 'geändert' WHERE id = 'SCHLÜSSEL';
UPDATE trade.text_latin_default SET id = 'µ' WHERE id = 'x';
DELETE FROM trade.text_latin_default WHERE id = 'weg';
INSERT INTO trade.text_keys VALUES ('straße', '漢', 'a', 1), ('a ', 'b', 'A', 2), ('😀', '啊', 'a', 3), ('', '', '', 4);
UPDATE trade.text_keys SET a = 'STRASSE', note = 10 WHERE note = 1;
UPDATE trade.text_keys SET c = 'ä' WHERE note = 2;
DELETE FROM trade.text_keys WHERE note = 3;
