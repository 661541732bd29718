package io.homecell.router.websocket;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One side of a {@link Tunnel}: a connection that stops to be HTTP, or a stream of HTTP/2 that goes
 * on as one. Belongs to one event loop.
 */
public abstract sealed class TunnelEnd permits SocketEnd, StreamEnd {
  private @Nullable Tunnel tunnel;

  TunnelEnd() {}

  final void joins(Tunnel by) {
    tunnel = by;
    take();
  }

  final Tunnel tunnel() {
    Tunnel by = tunnel;
    if (by == null) {
      throw new IllegalStateException("in no tunnel");
    }
    return by;
  }

  /** Takes it away from HTTP: what comes is kept, and no more than a bounded part of it is read. */
  abstract void take();

  /** Lets what came pass, and reads on. */
  abstract void begin();

  /** Sends these bytes, and releases them. */
  abstract void write(ByteBuf bytes);

  abstract void flush();

  /** Whether it takes more without keeping it in memory. */
  abstract boolean isWritable();

  /** Stops to read. */
  abstract void pause();

  abstract void resume();

  /** Says that no more will come, when all before is sent; whether that can be said. */
  abstract boolean endOutput();

  /**
   * Sends what is still to be sent, then ends it.
   *
   * @param atMostMillis for that; 0 if somebody else sees to it
   */
  abstract void closeWhenFlushed(long atMostMillis);

  abstract void closeNow();
}
