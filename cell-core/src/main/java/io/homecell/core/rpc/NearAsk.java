package io.homecell.core.rpc;

import io.homecell.core.http.CellHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.dubbo.remoting.http12.HttpRequest;

/**
 * What an edge says of a read that a copy may answer.
 *
 * @param lagMax how far the copy may be behind; zero if what is said can't be read, which no copy
 *     meets
 * @param readAfter the write that the reader names, as written
 */
record NearAsk(Duration lagMax, Optional<String> readAfter) {
  /** Empty if it is for the owner, as most are. */
  static Optional<NearAsk> of(HttpRequest request) {
    String lag = request.header(CellHeaders.NEAR);
    if (lag == null) {
      return Optional.empty();
    }
    OptionalLong millis = Ids.parse(lag);
    List<String> after = request.headerValues(CellHeaders.READ_AFTER);
    return Optional.of(
        new NearAsk(
            Duration.ofMillis(Math.min(millis.orElse(0), Integer.MAX_VALUE)),
            // Two of them are none: which one is meant can't be told.
            after == null || after.isEmpty()
                ? Optional.empty()
                : Optional.of(String.join(",", after))));
  }
}
