package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.RouterSettings;
import io.homecell.router.hold.HoldBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a client's frame has taken too long, by a clock that the test moves. */
class FrameWatchTest {
  private static final RouterSettings SETTINGS = RouterSettings.standard();
  private static final Duration HEAD = SETTINGS.clients().headWithin();
  private static final Duration BODY = SETTINGS.clients().progressWithin();
  private static final Duration MOMENT = Duration.ofMillis(1);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FrameWatch watch =
      new FrameWatch(SETTINGS, new EdgeMetrics(registry, new HoldBudget(1, 1)), System.nanoTime());
  private final EmbeddedChannel channel = new EmbeddedChannel(watch);

  @BeforeEach
  void greet() {
    ByteBuf first = Unpooled.buffer().writeZero(24);
    channel.writeInbound(first.writeBytes(frame(Http2FrameTypes.SETTINGS, 0)));
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private static ByteBuf frame(int type, int payloadBytes) {
    return Unpooled.buffer()
        .writeMedium(payloadBytes)
        .writeByte(type)
        .writeByte(0)
        .writeInt(1)
        .writeZero(payloadBytes);
  }

  private boolean isOpenAt(Duration time) {
    watch.check(time.toNanos());
    return channel.isOpen();
  }

  private double slow(String stage) {
    return registry.counter("hc_router_slow_clients", "stage", stage).count();
  }

  @Test
  void eachFrameHasItsOwnTime() {
    ByteBuf ping = frame(Http2FrameTypes.PING, 8);
    channel.writeInbound(ping.copy(0, 16));
    assertThat(isOpenAt(Duration.ZERO)).isTrue();
    assertThat(isOpenAt(HEAD)).isTrue();
    channel.writeInbound(ping.copy(16, 1), ping.copy(0, 5));
    assertThat(isOpenAt(HEAD.plus(MOMENT))).as("another").isTrue();
    assertThat(isOpenAt(HEAD.multipliedBy(2).plus(MOMENT))).isTrue();
    assertThat(isOpenAt(HEAD.multipliedBy(2).plus(MOMENT).plus(MOMENT))).isFalse();
    assertThat(slow("head")).isEqualTo(1);
    ping.release();
  }

  @Test
  void noneIsDueBetweenFrames() {
    assertThat(isOpenAt(Duration.ZERO)).isTrue();
    assertThat(isOpenAt(Duration.ofDays(1))).isTrue();
    assertThat(channel.runScheduledPendingTasks()).as("nor the first").isEqualTo(-1);
  }

  @Test
  void aPieceOfABodyHasTheTimeOfABody() {
    ByteBuf data = frame(Http2FrameTypes.DATA, 100);
    channel.writeInbound(data.copy(0, 50));
    assertThat(isOpenAt(Duration.ZERO)).isTrue();
    assertThat(isOpenAt(BODY)).isTrue();
    assertThat(isOpenAt(BODY.plus(MOMENT))).isFalse();
    assertThat(slow("body")).isEqualTo(1);
    data.release();
  }

  @Test
  void aHeadHasTheTimeOfOneFrame() {
    channel.writeInbound(frame(Http2FrameTypes.HEADERS, 10));
    assertThat(isOpenAt(Duration.ZERO)).isTrue();
    channel.writeInbound(frame(Http2FrameTypes.CONTINUATION, 10));
    assertThat(isOpenAt(HEAD)).isTrue();
    channel.writeInbound(frame(Http2FrameTypes.CONTINUATION, 10));
    assertThat(isOpenAt(HEAD.plus(MOMENT))).isFalse();
    assertThat(slow("head")).isEqualTo(1);
  }
}
