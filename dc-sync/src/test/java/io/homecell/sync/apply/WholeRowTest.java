package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.sync.capture.CharsetText;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The conditions; that the server reads them so is shown by the scenarios {@code no_key*.sql}. */
class WholeRowTest {
  private static String condition(String type, String charset, @Nullable Object value) {
    StringBuilder sql = new StringBuilder();
    new WholeRow(Map.of("c", new WholeRow.Column(type, charset))).append(sql, "c", value);
    return sql.toString();
  }

  @Test
  void nullEqualsNull() {
    assertThat(condition("json", "", null)).isEqualTo("`c` <=> NULL");
    assertThat(condition("varchar", "utf8mb4", null)).isEqualTo("`c` <=> NULL");
  }

  @Test
  void textIsComparedByItsBytesInTheColumnsCharset() {
    assertThat(condition("varchar", "latin1", "A"))
        .isEqualTo("CAST(`c` AS BINARY) <=> CAST(CONVERT(_utf8mb4 x'41' USING latin1) AS BINARY)");
    assertThat(condition("enum", "gbk", new CharsetText("gbk", "a1a1")))
        .isEqualTo("CAST(`c` AS BINARY) <=> CAST(CONVERT(_gbk x'a1a1' USING gbk) AS BINARY)");
    assertThat(condition("set", "latin1", 3L)).isEqualTo("`c`+0 <=> 3");
  }

  @Test
  void zeroHasASign() {
    assertThat(condition("double", "", 0.0))
        .isEqualTo("`c` <=> 0.0E0 AND LEFT(`c` * 1e0, 1) <> '-'");
    assertThat(condition("float", "", -0.0f))
        .isEqualTo("`c` <=> -0.0E0 AND LEFT(`c` * 1e0, 1) = '-'");
    assertThat(condition("float", "", 0.1f)).isEqualTo("`c` <=> 0.10000000149011612E0");
    assertThat(condition("bigint", "", 0L)).isEqualTo("`c` <=> 0");
  }

  @Test
  void bitsAreANumberAndBytesAreBytes() {
    assertThat(condition("bit", "", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}))
        .isEqualTo("`c` <=> 18446744073709551615");
    assertThat(condition("varbinary", "", new byte[] {1, 0})).isEqualTo("`c` <=> x'0100'");
  }

  @Test
  void jsonIsComparedByTextAndTypes() {
    assertThat(condition("json", "", "1"))
        .startsWith(
            "CAST(CAST(`c` AS CHAR) AS BINARY) <=>"
                + " CAST(CAST(CAST(_utf8mb4 x'31' AS JSON) AS CHAR) AS BINARY) AND (SELECT")
        .contains("JSON_TYPE(`c`)", "FROM (SELECT CAST(_utf8mb4 x'31' AS JSON) AS d) document");
  }

  @Test
  void aColumnThatIsNotStoredHasNoCondition() {
    assertThatThrownBy(() -> new WholeRow(Map.of()).append(new StringBuilder(), "c", 1L))
        .hasMessageContaining("'c'");
  }
}
