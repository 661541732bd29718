package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.route.SlotFigures;
import io.homecell.core.slot.Slots;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotCountersTest {
  private final SlotCounters counters = new SlotCounters(new Slots(16));

  private Answer ask(String slots) {
    return counters.answer(new Request("GET", "/slots", Map.of("slots", slots), ""));
  }

  @Test
  void eachSlotIsCountedByItself() {
    counters.ended(3, false, SlotFigures.SLOW.toNanos());
    counters.ended(3, true, SlotFigures.SLOW.toNanos() + 1);
    counters.ended(15, true, 0);
    assertThat(ask("3").body()).isEqualTo(new SlotFigures(2, 1, 1));
    assertThat(ask("0-3,15").body()).isEqualTo(new SlotFigures(3, 2, 1));
    assertThat(ask("4-14").body()).isEqualTo(SlotFigures.NONE);
  }

  @Test
  void whatIsNoSlotIsRefused() {
    assertThat(ask("").status()).isEqualTo(400);
    assertThat(ask("0-16").status()).isEqualTo(400);
    assertThat(ask("1,x").status()).isEqualTo(400);
  }
}
