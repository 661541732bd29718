package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.EventData;

/** An event as the server wrote it. */
final class RawEvent implements EventData {
  private static final long serialVersionUID = 1L;

  private final byte[] body;

  /** With what stands between header and checksum. */
  RawEvent(byte[] body) {
    this.body = body;
  }

  /** Not copied: whoever reads it leaves it. */
  byte[] body() {
    return body;
  }
}
