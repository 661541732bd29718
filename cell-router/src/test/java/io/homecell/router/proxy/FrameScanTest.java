package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameScanTest {
  private static final int END_HEADERS = 4;

  private final FrameScan scan = new FrameScan();
  private final List<String> seen = new ArrayList<>();
  private final ByteBuf bytes = Unpooled.buffer();

  private void frame(int type, int flags, int payloadBytes) {
    bytes.writeMedium(payloadBytes).writeByte(type).writeByte(flags).writeInt(1);
    bytes.writeZero(payloadBytes);
  }

  private boolean read(int most) {
    boolean all = true;
    while (all && bytes.isReadable()) {
      ByteBuf piece = bytes.readSlice(Math.min(most, bytes.readableBytes()));
      all =
          scan.read(
              piece,
              (type, flags, length) -> {
                seen.add(type + " " + flags + " " + length);
                return type != Http2FrameTypes.GO_AWAY;
              });
      assertThat(piece.readableBytes()).as("nothing is taken").isEqualTo(piece.capacity());
    }
    return all;
  }

  private void greet() {
    bytes.writeZero(24);
    frame(Http2FrameTypes.SETTINGS, 0, 0);
    read(100);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 9, 10, 16, 33, 34, 1_000, 1 << 20})
  void framesHoweverTheyCome(int most) {
    bytes.writeZero(24);
    frame(Http2FrameTypes.SETTINGS, 0, 12);
    frame(Http2FrameTypes.HEADERS, 0, 40);
    frame(Http2FrameTypes.CONTINUATION, END_HEADERS, 0);
    frame(Http2FrameTypes.DATA, 1, 70_000);
    frame(0x42, 0xFF, 200);
    assertThat(read(most)).isTrue();
    assertThat(seen).containsExactly("4 0 12", "1 0 40", "9 4 0", "0 1 70000", "66 255 200");
    assertThat(scan.isAmid()).isFalse();
    assertThat(scan.begun()).as("a head in two frames is one").isEqualTo(4);
  }

  @Test
  void theFirstFrameEnds() {
    bytes.writeZero(24);
    frame(Http2FrameTypes.SETTINGS, 0, 6);
    bytes.writerIndex(bytes.writerIndex() - 1);
    read(100);
    assertThat(scan.isGreeted()).isFalse();
    bytes.writeByte(0);
    read(100);
    assertThat(scan.isGreeted()).isTrue();
  }

  @Test
  void aHeadLastsToTheEndOfItsLastFrame() {
    greet();
    assertThat(scan.isAmid()).isFalse();
    frame(Http2FrameTypes.HEADERS, 0, 10);
    read(100);
    assertThat(scan.isAmid()).isTrue();
    long head = scan.begun();
    frame(Http2FrameTypes.CONTINUATION, 0, 10);
    read(3);
    assertThat(scan.isAmid()).isTrue();
    assertThat(scan.isAmidBody()).isFalse();
    assertThat(scan.begun()).isEqualTo(head);
    frame(Http2FrameTypes.CONTINUATION, END_HEADERS, 10);
    bytes.writerIndex(bytes.writerIndex() - 1);
    read(100);
    assertThat(scan.isAmid()).isTrue();
    bytes.writeByte(0);
    read(100);
    assertThat(scan.isAmid()).isFalse();
  }

  @Test
  void oneFrameIsToldFromTheNext() {
    greet();
    frame(Http2FrameTypes.DATA, 0, 10);
    bytes.writerIndex(bytes.writerIndex() - 1);
    read(100);
    assertThat(scan.isAmidBody()).isTrue();
    long first = scan.begun();
    bytes.writeByte(0).writeByte(0);
    read(100);
    assertThat(scan.isAmid()).isTrue();
    assertThat(scan.isAmidBody()).isFalse();
    assertThat(scan.begun()).isEqualTo(first + 1);
  }

  @Test
  void whoIsToldMayHaveSeenEnough() {
    greet();
    frame(Http2FrameTypes.GO_AWAY, 0, 8);
    frame(Http2FrameTypes.PING, 0, 8);
    assertThat(read(100)).isFalse();
    assertThat(seen).containsExactly("4 0 0", "7 0 8");
  }
}
