CREATE TABLE trade.enums (
  id INT PRIMARY KEY, kind ENUM('PLACED', 'it''s, odd', 'back\\slash', 'ä 漢', '(x)', ' 7', 'a "b" c'),
  tags SET('a', 'b c', 'it''s', 'ö', 'back\\slash'), digits ENUM('2', '1', '0'),
  latin ENUM('Größe', 'b') CHARACTER SET latin1, cases ENUM('a', 'A') COLLATE utf8mb4_bin
);
CREATE TABLE trade.wide_set (id INT PRIMARY KEY, s SET('s1','s2','s3','s4','s5','s6','s7','s8','s9','s10','s11','s12','s13',
  's14','s15','s16','s17','s18','s19','s20','s21','s22','s23','s24','s25','s26','s27','s28','s29','s30','s31','s32','s33',
  's34','s35','s36','s37','s38','s39','s40','s41','s42','s43','s44','s45','s46','s47','s48','s49','s50','s51','s52','s53',
  's54','s55','s56','s57','s58','s59','s60','s61','s62','s63','s64'));
CREATE TABLE trade.enum_keys (kind ENUM('x', 'y', 'z'), tags SET('p', 'q'), note INT, PRIMARY KEY (kind, tags));
CREATE TABLE account.enum_invalid (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, kind ENUM('x', 'y'));
CREATE TABLE account.enum_empty (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, kind ENUM('x', ''), tags SET('a', ''));
CREATE TABLE account.enum_quoted (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, kind ENUM('x', '"y"', '😀'), tags SET('a', '😀', '💧'));
CREATE TABLE account.enum_zeros (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, kind ENUM('x', '0', '00', '00000', '０0０0'));
CREATE TABLE trade.enum_alike (id INT PRIMARY KEY, kind ENUM('a', 'A'), tags SET('a', 'A'));
-- then
INSERT INTO trade.enums VALUES
  (1, 1, 'a,b c', '2', 'Größe', 'A'), (2, 2, 'it''s,ö', '1', 'b', 'a'), (3, 3, 'b c,back\\slash', '0', NULL, NULL),
  (4, 4, '', NULL, NULL, NULL), (5, 5, 'a,b c,it''s,ö', 2, NULL, NULL), (6, 6, NULL, 3, NULL, NULL),
  (7, 7, 'a', 1, NULL, NULL), (8, NULL, 31, NULL, NULL, NULL), (9, NULL, 16, NULL, NULL, NULL);
UPDATE trade.enums SET kind = 'back\\slash', tags = 'back\\slash' WHERE id = 1;
INSERT INTO trade.wide_set VALUES (1, 's1,s64'), (2, 18446744073709551615), (3, ''), (4, 's33'), (5, 4294967296);
INSERT INTO trade.enum_keys VALUES ('x', 'p,q', 1), ('y', '', 2), ('z', 'q', 3);
UPDATE trade.enum_keys SET note = 10 WHERE note = 1;
UPDATE trade.enum_keys SET kind = 'x' WHERE note = 2;
DELETE FROM trade.enum_keys WHERE note = 3;
INSERT INTO account.enum_invalid VALUES (1, 1, 'x');
-- an invalid value that a session without strict mode left behind has the number 0
SET sql_mode = '';
INSERT INTO account.enum_invalid VALUES (2, 1, 'no such'), (3, 1, 'y');
UPDATE account.enum_invalid SET kind = 'neither' WHERE id = 3;
UPDATE account.enum_invalid SET slot = 2 WHERE id = 2;
INSERT INTO account.enum_zeros VALUES (1, 1, 'no such'), (2, 1, '0'), (3, 1, '00'), (4, 1, 'x');
INSERT INTO trade.enum_keys VALUES ('none', '', 4), ('none', 'p', 5), ('z', '', 6);
UPDATE trade.enum_keys SET note = 40 WHERE note = 4;
UPDATE trade.enum_keys SET kind = 'no such' WHERE note = 6 AND tags = 'no';
DELETE FROM trade.enum_keys WHERE note = 5;
INSERT INTO account.enum_empty VALUES (1, 1, '', NULL), (2, 1, 'x', 2), (3, 1, 'none', 3), (4, 1, '', 0), (5, 1, 'x', 'a,');
UPDATE account.enum_empty SET tags = 2 WHERE id = 4;
UPDATE account.enum_empty SET kind = 'x' WHERE id = 1;
-- the server itself shows a definition without what is outside of the basic plane
INSERT INTO account.enum_quoted VALUES (1, 1, '"y"', '💧'), (2, 1, '😀', '😀,💧'), (3, 1, 'x', 'a'), (4, 1, 'none', '');
UPDATE account.enum_quoted SET kind = '"y"' WHERE kind = '😀';
-- members that the collation holds equal, made by a session without strict mode
INSERT INTO trade.enum_alike VALUES (1, 1, 1), (2, 2, 2), (3, 1, 3);
UPDATE trade.enum_alike SET kind = 2 WHERE id = 1;
