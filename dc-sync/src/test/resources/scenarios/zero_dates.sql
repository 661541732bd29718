CREATE TABLE trade.zero_dates (
  id INT PRIMARY KEY, day DATE NULL, day_always DATE NOT NULL, moment DATETIME(3) NULL,
  moment_always DATETIME(6) NOT NULL, stamp TIMESTAMP(6) NULL, stamp_always TIMESTAMP NOT NULL
);
CREATE TABLE trade.zero_keys (day DATE PRIMARY KEY, note INT);
-- then
SET sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO trade.zero_dates VALUES
  (1, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'),
  (2, '2026-00-00', '2026-01-00', '2026-00-00 10:11:12.131', '2026-12-00 01:02:03.000004', NULL,
   '2026-01-01 00:00:00'),
  (3, '2026-02-31', '2025-02-29', '2026-02-30 23:59:59.999', '2026-04-31 00:00:00.000001',
   '2026-01-01 00:00:00.5', '2026-01-01'),
  (4, '0000-01-01', '0000-12-31', '0000-01-01 00:00:00', '0000-06-15 12:00:00', NULL, '2026-01-01'),
  (5, NULL, '2026-01-01', NULL, '2026-01-01', NULL, '2026-01-01');
UPDATE trade.zero_dates SET day = NULL, moment = NULL WHERE id = 1;
UPDATE trade.zero_dates SET day = '0000-00-00', moment = '0000-00-00', stamp = '0000-00-00' WHERE id = 5;
INSERT INTO trade.zero_keys VALUES ('0000-00-00', 1), ('2026-00-00', 2), ('2026-02-31', 3);
UPDATE trade.zero_keys SET note = 10 WHERE note = 1;
UPDATE trade.zero_keys SET day = '2026-01-00' WHERE note = 2;
DELETE FROM trade.zero_keys WHERE note = 3;
