package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.TlsTerms;
import io.netty.handler.codec.http2.Http2FrameTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameFloodTest {
  private static final int PING = Http2FrameTypes.PING;
  private static final int WINDOW_UPDATE = Http2FrameTypes.WINDOW_UPDATE;
  private static final int RESET = Http2FrameTypes.RST_STREAM;

  private final FrameFlood flood = new FrameFlood(TlsTerms.standard().withBounds(1, 3, 2), 0);

  @ParameterizedTest
  @CsvSource({
    // type, flags, bytes, counted
    "0, 0, 1, false",
    "0, 0, 0, true",
    "0, 1, 0, false",
    "1, 0, 0, false",
    "2, 0, 5, true",
    "3, 0, 4, true",
    "4, 0, 0, true",
    "4, 1, 0, true",
    "5, 0, 8, true",
    "6, 0, 8, true",
    "7, 0, 8, true",
    "8, 0, 4, true",
    "9, 0, 0, false",
    "66, 0, 100, true",
  })
  void whatIsCounted(int type, int flags, int bytes, boolean counted) {
    assertThat(FrameFlood.isCounted(type, flags, bytes)).isEqualTo(counted);
  }

  @Test
  void soManyInEachWindow() {
    assertThat(flood.allows(PING, 0, 0)).isTrue();
    assertThat(flood.allows(WINDOW_UPDATE, 0, 0)).isTrue();
    assertThat(flood.allows(PING, 0, 0)).isFalse();
    long next = TlsTerms.standard().window().toNanos();
    assertThat(flood.allows(PING, 0, next)).isTrue();
  }

  @Test
  void moreForWhatWasSent() {
    for (int kib = 1; kib < 100; kib++) {
      assertThat(flood.allows(WINDOW_UPDATE, kib * 1_024L, 0)).isTrue();
      assertThat(flood.allows(WINDOW_UPDATE, kib * 1_024L, 0)).isTrue();
    }
  }

  @Test
  void nothingMoreForAFewBytes() {
    int allowed = 0;
    for (int bytes = 0; flood.allows(WINDOW_UPDATE, bytes, 0); bytes++) {
      allowed++;
    }
    assertThat(allowed).isEqualTo(2);
  }

  @Test
  void whatWasSentEarnsEachFrameOnce() {
    int allowed = 0;
    while (flood.allows(PING, 640, 0)) {
      allowed++;
    }
    assertThat(allowed).isEqualTo(12);
  }

  @Test
  void whatWasSentLongAgoEarnsNoFlood() {
    int allowed = 0;
    while (flood.allows(PING, Long.MAX_VALUE, 0)) {
      allowed++;
    }
    assertThat(allowed).isEqualTo((1 << 16) + 2);
  }

  @Test
  void resetsHaveTheirOwnBound() {
    for (int i = 0; i < 3; i++) {
      assertThat(flood.allows(RESET, 0, 0)).isTrue();
    }
    assertThat(flood.allows(RESET, 1 << 20, 0)).as("however much was sent").isFalse();
    assertThat(flood.allows(PING, 0, 0)).isTrue();
  }
}
