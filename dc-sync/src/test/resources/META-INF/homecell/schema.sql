-- Tables that stand for those of services.
CREATE DATABASE IF NOT EXISTS account CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci
;
CREATE DATABASE IF NOT EXISTS trade CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci
;
CREATE TABLE IF NOT EXISTS account.wallet (
  id BIGINT NOT NULL PRIMARY KEY,
  slot SMALLINT UNSIGNED NOT NULL,
  holder VARCHAR(100),
  balance DECIMAL(18,2) NOT NULL,
  version INT NOT NULL DEFAULT 0,
  changed_at DATETIME(6)
)
;
CREATE TABLE IF NOT EXISTS account.entry (
  wallet BIGINT NOT NULL,
  version INT NOT NULL,
  slot SMALLINT UNSIGNED NOT NULL,
  amount DECIMAL(18,2) NOT NULL,
  PRIMARY KEY (wallet, version)
)
;
CREATE TABLE IF NOT EXISTS account.every_type (
  id BIGINT NOT NULL PRIMARY KEY,
  slot SMALLINT UNSIGNED NOT NULL,
  big BIGINT,
  big_unsigned BIGINT UNSIGNED,
  number INT,
  number_unsigned INT UNSIGNED,
  medium MEDIUMINT,
  small SMALLINT,
  tiny TINYINT,
  tiny_unsigned TINYINT UNSIGNED,
  flag TINYINT(1),
  flag_bool BOOLEAN,
  money DECIMAL(18,2),
  exact DECIMAL(65,30),
  exact_unsigned DECIMAL(20,0) UNSIGNED,
  single_real FLOAT,
  double_real DOUBLE,
  bits BIT(13),
  one_bit BIT(1),
  name VARCHAR(200),
  name_bin VARCHAR(200) COLLATE utf8mb4_bin,
  latin VARCHAR(200) CHARACTER SET latin1,
  fixed CHAR(10),
  long_text LONGTEXT,
  document JSON,
  kind ENUM('PLACED', 'PAID', 'it''s, odd', 'back\\slash'),
  tags SET('a', 'b', 'c'),
  fixed_bytes BINARY(16),
  some_bytes VARBINARY(300),
  blob_bytes BLOB,
  day DATE,
  moment DATETIME(6),
  moment_milli DATETIME(3),
  moment_second DATETIME,
  stamp TIMESTAMP(6) NULL,
  time_of_day TIME(6),
  a_year YEAR,
  doubled BIGINT GENERATED ALWAYS AS (number * 2) VIRTUAL,
  tripled BIGINT GENERATED ALWAYS AS (number * 3) STORED,
  `odd ``name, select` INT
)
;
-- A copy table: no slot, seeded by itself on each cell.
CREATE TABLE IF NOT EXISTS trade.product (
  sku VARCHAR(40) NOT NULL PRIMARY KEY,
  price DECIMAL(18,2) NOT NULL
)
;
CREATE TABLE IF NOT EXISTS trade.no_key (
  slot SMALLINT UNSIGNED NOT NULL,
  note VARCHAR(40)
)
