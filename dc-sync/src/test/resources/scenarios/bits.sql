CREATE TABLE trade.bits (
  id INT PRIMARY KEY, one BIT(1), two BIT(2), eight BIT(8), nine BIT(9), odd BIT(33), most BIT(63),
  full BIT(64)
);
CREATE TABLE trade.bit_keys (id BIT(12) PRIMARY KEY, note INT);
-- then
INSERT INTO trade.bits VALUES
  (1, b'1', b'11', b'11111111', b'111111111', b'111111111111111111111111111111111',
   0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF),
  (2, b'0', b'0', b'0', b'0', b'0', b'0', b'0'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, b'1', b'10', b'10000000', b'100000000', 0x100000001, 0x0102030405060708, 0x8000000000000001);
UPDATE trade.bits SET one = b'0', full = full >> 1;
INSERT INTO trade.bit_keys VALUES (b'100000000001', 1), (b'1', 2), (b'11', 3);
UPDATE trade.bit_keys SET note = 10 WHERE note = 1;
UPDATE trade.bit_keys SET id = b'111100001111' WHERE note = 2;
DELETE FROM trade.bit_keys WHERE note = 3;
