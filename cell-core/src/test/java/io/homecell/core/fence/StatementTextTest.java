package io.homecell.core.fence;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatementTextTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "  select * from t where a = 'x;y' for update",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "-- a comment; with a semicolon\nSELECT 1",
        "# another\n /* and /! one more; */ SELECT `a;b` FROM t",
        "SELECT 'it''s; fine', \"a\\\";b\" FROM t -- end;",
      })
  void queriesPass(String sql) {
    assertThatCode(() -> StatementText.checkQuery(sql)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO t VALUES (?)",
        "update t set a = a - 1",
        "DELETE FROM t",
        "REPLACE INTO t VALUES (1)",
        "INSERT INTO t SELECT ? FROM dual ON DUPLICATE KEY UPDATE a = 1",
      })
  void changesPass(String sql) {
    assertThatCode(() -> StatementText.checkChange(sql)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "-- only a comment",
        "COMMIT",
        " commit ",
        "BEGIN",
        "START TRANSACTION",
        "ROLLBACK",
        "SAVEPOINT a",
        "SET autocommit = 1",
        "SET sql_log_bin = 0",
        "CREATE TABLE t (a INT)",
        "ALTER TABLE t ADD b INT",
        "DROP TABLE t",
        "TRUNCATE TABLE t",
        "CALL homecell.hc_commit('[1]', '[1]')",
        "LOCK TABLES t WRITE",
        "XA START 'a'",
        "PREPARE s FROM 'COMMIT'",
        "DO 1",
        "USE other",
        "LOAD DATA INFILE 'x' INTO TABLE t",
        "/*! COMMIT */",
        "/*!50000 COMMIT */ SELECT 1",
        "SELECT /*!50000 1 INTO OUTFILE '/tmp/x' */ FROM t",
        "UPDATE /*+ SET_VAR(sql_log_bin=0) */ t SET a = 1",
        "/* open COMMIT",
        "UPDATE t SET a = 1; COMMIT",
        "UPDATE t SET a = 1;",
        "SELECT 1; COMMIT",
        "/* x */ COMMIT",
        "-- x\nCOMMIT",
        "--COMMIT",
        "'UPDATE' COMMIT",
        "UPDATE t SET a = 'open",
        "5 UPDATE t",
        "\u00a0COMMIT",
      })
  void everythingElseIsRefused(String sql) {
    assertThatThrownBy(() -> StatementText.checkChange(sql))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: ");
    assertThatThrownBy(() -> StatementText.checkQuery(sql))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UPDATE t SET a = 1", "DELETE FROM t", "INSERT INTO t VALUES (1)"})
  void aChangeIsNoQuery(String sql) {
    assertThatThrownBy(() -> StatementText.checkQuery(sql))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
