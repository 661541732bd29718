CREATE TABLE trade.`select` (`from` INT PRIMARY KEY, `where` INT, `a b` INT, `c.d` INT, `e``f` INT, `ü漢` INT, `1` INT, `"q"` INT, `it's` INT, `back\slash` INT);
CREATE TABLE trade.`odd name.with ``all` (id INT PRIMARY KEY, `?` INT, `;` INT, `--` INT, `#` INT, `%s` INT);
CREATE TABLE trade.`漢字` (`漢` INT PRIMARY KEY, n INT);
CREATE TABLE trade.`UPPER` (Id INT PRIMARY KEY, `MiXeD` INT);
CREATE TABLE trade.`$dollar-dash` (`a-b` INT PRIMARY KEY, `$` INT);
-- then
INSERT INTO trade.`select` VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), (2, 2, 3, 4, 5, 6, 7, 8, 9, 10);
UPDATE trade.`select` SET `e``f` = 50, `c.d` = 40 WHERE `from` = 1;
DELETE FROM trade.`select` WHERE `from` = 2;
INSERT INTO trade.`odd name.with ``all` VALUES (1, 2, 3, 4, 5, 6);
UPDATE trade.`odd name.with ``all` SET `?` = 20, `--` = 40;
INSERT INTO trade.`漢字` VALUES (1, 1), (2, 2);
UPDATE trade.`漢字` SET `漢` = 3 WHERE n = 2;
INSERT INTO trade.`UPPER` VALUES (1, 1);
UPDATE trade.`UPPER` SET mixed = 2 WHERE ID = 1;
INSERT INTO trade.`$dollar-dash` VALUES (1, 1);
UPDATE trade.`$dollar-dash` SET `$` = 2;
