package io.homecell.router.proxy;

import io.homecell.router.path.DecimalId;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a request says where its body ends. Pure.
 *
 * @param length in bytes; {@link #CHUNKED} if it says so itself
 */
record BodyFraming(long length) {
  static final long CHUNKED = -1;
  static final BodyFraming EMPTY = new BodyFraming(0);

  /** Reads the headers; empty if two readers could come to different ends. */
  static Optional<BodyFraming> of(MultiMap headers) {
    String coding = headers.get(WireNames.TRANSFER_ENCODING);
    String length = headers.get(WireNames.CONTENT_LENGTH);
    if (coding == null && length == null) {
      return Optional.of(EMPTY);
    }
    if (coding != null) {
      boolean plain =
          length == null
              && headers.getAll(WireNames.TRANSFER_ENCODING).size() == 1
              && coding.equalsIgnoreCase("chunked");
      return plain ? Optional.of(new BodyFraming(CHUNKED)) : Optional.empty();
    }
    List<String> lengths = headers.getAll(WireNames.CONTENT_LENGTH);
    return lengths.size() == 1 ? ofLength(lengths.get(0)) : Optional.empty();
  }

  private static Optional<BodyFraming> ofLength(String text) {
    OptionalLong bytes = DecimalId.parse(text);
    return bytes.isPresent() ? Optional.of(new BodyFraming(bytes.getAsLong())) : Optional.empty();
  }

  boolean isEmpty() {
    return length == 0;
  }

  boolean isChunked() {
    return length == CHUNKED;
  }
}
