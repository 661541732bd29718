package io.homecell.router.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Why a WebSocket is over; where the router ends it, what it tells the client (RFC 6455, 7.4). */
public enum Ending {
  /** The client has left. */
  CLIENT(0, ""),
  /** The cell, or the other datacenter's router, has closed it. */
  CELL(0, ""),
  /** The link to the other datacenter, over which its cell was reached, has broken. */
  LINK(Ending.SERVICE_RESTART, "the link to the cell broke: connect again"),
  /** Its slot moves away, or has moved. */
  MOVED(Ending.SERVICE_RESTART, "the slot moves: connect again"),
  /** The route table is too old to be sure that its slot is still where it was. */
  STALE(Ending.SERVICE_RESTART, "routes are not confirmed: connect again"),
  /** This router stops. */
  FAREWELL(Ending.SERVICE_RESTART, "the router restarts: connect again"),
  /** Nothing has moved on it for long. */
  IDLE(Ending.GOING_AWAY, "idle");

  private static final int SERVICE_RESTART = 1012;
  private static final int GOING_AWAY = 1001;
  private static final int FIN_AND_CLOSE = 0x88;

  private final int code;
  private final String reason;

  Ending(int code, String reason) {
    this.code = code;
    this.reason = reason;
  }

  /** For metrics and logs. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A close frame that says so, as a server sends it: not masked. */
  ByteBuf frame() {
    byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
    return Unpooled.buffer(4 + text.length)
        .writeByte(FIN_AND_CLOSE)
        .writeByte(2 + text.length)
        .writeShort(code)
        .writeBytes(text);
  }
}
