package io.homecell.router.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream of HTTP/2 that carries a WebSocket (RFC 8441, 5): what is a segment of TCP elsewhere is
 * DATA here, the end of the stream an orderly close, and a reset a broken connection. What its peer
 * may send without being read is bounded by the window of the stream.
 */
// Whoever waits for what is written here waits for the stream's end.
@SuppressWarnings("FutureReturnValueIgnored")
public final class StreamEnd extends TunnelEnd {
  private static final long LINGER_MILLIS = 500;

  private final ReadStream<Buffer> in;
  private final WriteStream<Buffer> out;
  private final EventExecutor loop;
  private final Runnable cut;
  private boolean inputEnded;
  private boolean broken;
  private boolean leaving;
  private boolean cutOff;
  private @Nullable Future<Void> outputEnded;

  /**
   * @param in what its peer sends; paused by now, if it may have sent something
   * @param out to its peer
   * @param cut resets what is still open of it, and gives it back; called once
   */
  public StreamEnd(
      ReadStream<Buffer> in, WriteStream<Buffer> out, EventExecutor loop, Runnable cut) {
    this.in = in;
    this.out = out;
    this.loop = loop;
    this.cut = cut;
  }

  @Override
  void take() {
    in.pause();
    in.handler(this::came);
    in.endHandler(ignored -> cameToItsEnd());
    in.exceptionHandler(ignored -> broke());
    out.drainHandler(ignored -> tunnel().writable(this));
  }

  private void came(Buffer bytes) {
    if (!leaving) {
      tunnel().came(this, Unpooled.wrappedBuffer(bytes.getBytes()));
      tunnel().readComplete(this);
    }
  }

  private void cameToItsEnd() {
    inputEnded = true;
    if (!leaving) {
      tunnel().inputEnded(this);
    } else if (outputEnded != null && outputEnded.isComplete()) {
      closeNow();
    }
  }

  private void broke() {
    broken = true;
    if (leaving) {
      closeNow();
    } else {
      tunnel().broken(this);
    }
  }

  @Override
  void begin() {
    tunnel().readOn(this);
  }

  @Override
  void write(ByteBuf bytes) {
    byte[] piece = new byte[bytes.readableBytes()];
    bytes.readBytes(piece);
    bytes.release();
    if (isOpenToWrite() && piece.length > 0) {
      out.write(Buffer.buffer(piece));
    }
  }

  private boolean isOpenToWrite() {
    return outputEnded == null && !broken && !cutOff;
  }

  /** Whatever is written goes out by itself, when what was read together was dealt with. */
  @Override
  void flush() {}

  @Override
  boolean isWritable() {
    return !isOpenToWrite() || !out.writeQueueFull();
  }

  @Override
  void pause() {
    if (isOpenToRead()) {
      in.pause();
    }
  }

  @Override
  void resume() {
    if (isOpenToRead()) {
      in.resume();
    }
  }

  private boolean isOpenToRead() {
    return !inputEnded && !broken && !cutOff;
  }

  @Override
  boolean endOutput() {
    if (isOpenToWrite()) {
      outputEnded = out.end();
    }
    return true;
  }

  /** The peer is waited for as well: it should end its side too, and a reset may overtake data. */
  @Override
  void closeWhenFlushed(long atMostMillis) {
    leaving = true;
    endOutput();
    resume();
    if (atMostMillis > 0) {
      loop.schedule(this::closeNow, atMostMillis, TimeUnit.MILLISECONDS);
    }
    Future<Void> sent = outputEnded;
    if (sent == null) {
      closeNow();
    } else {
      sent.onComplete(ignored -> linger(atMostMillis > 0 ? atMostMillis : LINGER_MILLIS));
    }
  }

  private void linger(long millis) {
    if (isOpenToRead()) {
      loop.schedule(this::closeNow, millis, TimeUnit.MILLISECONDS);
    } else {
      closeNow();
    }
  }

  @Override
  void closeNow() {
    leaving = true;
    if (!cutOff) {
      cutOff = true;
      if (broken) {
        // Whoever has broken it says so first, if anybody hears it.
        loop.execute(cut);
      } else {
        cut.run();
      }
    }
  }
}
