CREATE TABLE trade.floats (
  id INT PRIMARY KEY, single FLOAT, precise DOUBLE, rounded FLOAT(7,3), rounded_double DOUBLE(12,4),
  short_float FLOAT(20), long_float FLOAT(30), positive DOUBLE UNSIGNED
);
CREATE TABLE trade.float_keys (single FLOAT, precise DOUBLE, note INT, PRIMARY KEY (single, precise));
-- then
INSERT INTO trade.floats VALUES
  (1, 3.4028234663852886e38, 1.7976931348623157e308, 1234.567, 12345678.1234, 1.1, 1.1, 0.1),
  (2, -3.4028234663852886e38, -1.7976931348623157e308, -0.001, -0.0001, 0, 0, 0),
  (3, 1.17549435e-38, 2.2250738585072014e-308, 0, 0, 0, 0, 1e-300),
  (4, 1.4e-45, 4.9406564584124654e-324, NULL, NULL, NULL, NULL, NULL),
  (5, 5.877e-39, 1.1e-310, 0.1, 0.1, 0.1, 0.1, 0.1),
  (6, -0e0, -0e0, 0, 0, -0e0, -0e0, 0),
  (7, 0.1, 0.1, 9999.999, 99999999.9999, 16777217, 9007199254740993, 123456789.123456789),
  (8, 1e7, 1e21, 0, 0, 0.3333333, 0.333333333333333333, 1e22);
UPDATE trade.floats SET precise = precise / 3, single = single / 3;
INSERT INTO trade.float_keys VALUES (0.1, 0.1, 1), (1e10, 1e-5, 2), (3.3, 3.3, 3);
UPDATE trade.float_keys SET note = 10 WHERE note = 1;
UPDATE trade.float_keys SET single = 0.7, precise = 0.7 WHERE note = 2;
DELETE FROM trade.float_keys WHERE note = 3;
