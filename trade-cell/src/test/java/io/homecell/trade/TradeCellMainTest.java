package io.homecell.trade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TradeCellMainTest {
  @Test
  void ordersWaitAQuarterOfAnHourUnlessSaidOtherwise() {
    assertThat(TradeCellMain.expiry(Map.of())).isEqualTo(Duration.ofMinutes(15));
    assertThat(TradeCellMain.expiry(Map.of("HOMECELL_ORDER_EXPIRY", "PT2S")))
        .isEqualTo(Duration.ofSeconds(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "15", "15m", "PT0S", "-PT1S"})
  void whatIsNoPositiveDurationIsNamed(String text) {
    assertThatThrownBy(() -> TradeCellMain.expiry(Map.of("HOMECELL_ORDER_EXPIRY", text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HOMECELL_ORDER_EXPIRY: '" + text + "'");
  }
}
