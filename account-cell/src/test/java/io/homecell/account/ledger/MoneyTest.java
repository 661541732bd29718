package io.homecell.account.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.http.ProblemException;
import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class MoneyTest {
  @ParameterizedTest
  @CsvSource({
    "5, 5.00",
    "5.1, 5.10",
    "0.01, 0.01",
    "007.50, 7.50",
    "999999999999.99, 999999999999.99"
  })
  void amountsAreReadWithTwoDigits(String text, String shown) {
    assertThat(Money.text(Money.parse(text))).isEqualTo(shown);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "0",
        "0.00",
        "-1",
        "+1",
        "1.005",
        "1e3",
        "1,50",
        ".5",
        "5.",
        "NaN",
        " 5",
        "0x5",
        "1000000000000",
        "99999999999999999999999999999",
        "٥"
      })
  void whatIsNoAmountIsRefusedWithStatus400(String text) {
    assertThatThrownBy(() -> Money.parse(text))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> {
              assertThat(refused.status()).isEqualTo(400);
              assertThat(refused.kind()).isEqualTo("bad-amount");
            });
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"0", "-0.01", "0.001", "1000000000000.00"})
  void amountsOfCallsObeyTheSameBounds(BigDecimal amount) {
    assertThatThrownBy(() -> Money.checked(amount)).isInstanceOf(ProblemException.class);
  }

  @Test
  void trailingZerosDoNotMatter() {
    assertThat(Money.checked(new BigDecimal("1E+2"))).isEqualTo(new BigDecimal("100.00"));
    assertThat(Money.checked(new BigDecimal("1.5000"))).isEqualTo(new BigDecimal("1.50"));
  }

  @Property(tries = 200)
  void whatIsWrittenIsReadBack(@ForAll @LongRange(min = 1, max = 99_999_999_999_999L) long cents) {
    BigDecimal amount = BigDecimal.valueOf(cents, 2);
    assertThat(Money.parse(Money.text(amount))).isEqualTo(amount);
  }
}
