package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SqlLiteralTest {
  private static String literal(Object value) {
    StringBuilder sql = new StringBuilder();
    SqlLiteral.append(sql, value);
    return sql.toString();
  }

  @Property
  void noTextBreaksOutOfItsLiteral(@ForAll String text) {
    assertThat(literal(text)).matches("_utf8mb4 x'[0-9a-f]*'");
    String hex = literal(text).replaceAll(".*'(.*)'", "$1");
    String wellFormed = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    assertThat(new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8))
        .isEqualTo(wellFormed);
  }

  @Test
  void valuesAreWrittenExactly() {
    assertThat(literal(null)).isEqualTo("NULL");
    assertThat(literal(Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
    assertThat(literal(new BigDecimal("1E+3"))).isEqualTo("1000");
    assertThat(literal(new BigDecimal("-0.10"))).isEqualTo("-0.10");
    assertThat(literal(new byte[] {0, 39, -1})).isEqualTo("x'0027ff'");
    assertThat(literal(LocalDate.of(1000, 1, 2))).isEqualTo("'1000-01-02'");
    assertThat(literal(LocalDateTime.of(2026, 1, 2, 3, 4, 5, 6_000)))
        .isEqualTo("'2026-01-02 03:04:05.000006'");
    assertThat(literal(Duration.ofHours(-838).minusNanos(1_000))).isEqualTo("'-838:00:00.000001'");
  }
}
