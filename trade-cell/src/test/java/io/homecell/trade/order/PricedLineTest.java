package io.homecell.trade.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PricedLineTest {
  @ParameterizedTest
  @CsvSource({"1, 8.90, 8.90", "3, 0.10, 0.30", "7, 14.5, 101.50", "10000, 0.01, 100.00"})
  void amountIsExact(int quantity, BigDecimal price, String expected) {
    assertThat(new PricedLine("tea", quantity, price).amount().toPlainString()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, PricedLine.QUANTITY_MAX + 1, Integer.MIN_VALUE})
  void quantityOutOfBoundsIsNamed(int quantity) {
    assertThatThrownBy(() -> new PricedLine("tea", quantity, BigDecimal.ONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("quantity: " + quantity + " (expected: 1 to 10000)");
  }

  @Property
  void totalIsTheSumInHundredthsInAnyOrder(
      @ForAll @Size(min = 0, max = 30) List<@LongRange(min = 1, max = 99_999_999L) Long> hundredths,
      @ForAll @IntRange(min = 1, max = PricedLine.QUANTITY_MAX) int quantity,
      @ForAll long seed) {
    List<PricedLine> lines = new ArrayList<>();
    BigInteger sum = BigInteger.ZERO;
    for (long price : hundredths) {
      lines.add(new PricedLine("sku", quantity, BigDecimal.valueOf(price, 2)));
      sum = sum.add(BigInteger.valueOf(price).multiply(BigInteger.valueOf(quantity)));
    }
    BigDecimal total = PricedLine.totalOf(lines);
    Collections.shuffle(lines, new Random(seed));
    assertThat(total.scale()).isEqualTo(2);
    assertThat(total.unscaledValue()).isEqualTo(sum);
    assertThat(PricedLine.totalOf(lines)).isEqualTo(total);
  }

  @Test
  void totalAboveTheLargestAmountIsRefused() {
    PricedLine line = new PricedLine("sku", 10_000, new BigDecimal("999999999999.99"));
    assertThat(PricedLine.totalOf(List.of(line))).isEqualByComparingTo("9999999999999900");
    assertThatThrownBy(() -> PricedLine.totalOf(List.of(line, line)))
        .hasMessageContaining("expected: <= 9999999999999999.99");
  }
}
