package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten bytes in each window of 100; each look is {@code time/bytes}, with {@code -} for not due. */
class PaceTest {
  @ParameterizedTest
  @CsvSource({
    "0/0 100/0,                     false",
    "0/0 101/0,                     true",
    "0/0 101/9,                     true",
    "0/0 101/10,                    false",
    "0/0 90/10 190/19,              false",
    "0/0 90/10 191/19,              true",
    "0/0 90/1000 191/1000,          true",
    "0/0 90/10 180/20 270/30,       false",
    "0/- 500/- 600/0,               false",
    "0/0 90/- 600/0 700/0,          false",
    "0/0 90/- 600/0 701/0,          true",
    "1000/5 1101/14,                true",
  })
  void whoMovesTooLittleInAWindowIsTooSlow(String looks, boolean tooSlow) {
    Pace pace = new Pace(100, 10);
    boolean last = false;
    for (String look : looks.split(" ")) {
      String[] parts = look.split("/");
      boolean due = !parts[1].equals("-");
      last = pace.isTooSlow(due, due ? Long.parseLong(parts[1]) : 0, Long.parseLong(parts[0]));
    }
    assertThat(last).isEqualTo(tooSlow);
  }
}
