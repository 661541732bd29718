package io.homecell.core.rpc;

import java.util.Map;
import org.apache.dubbo.remoting.http12.HttpResult;

/** The HTTP service of the tests, as a cell serves it. */
final class PingPages implements PingHttp {
  private final PingCell cell;

  PingPages(PingCell cell) {
    this.cell = cell;
  }

  @Override
  public HttpResult<?> read(String id, String user) {
    if (id.startsWith("9999")) {
      cell.fail(1, "not-home");
    }
    if (id.startsWith("8888")) {
      cell.fail(1, "bug");
    }
    return HttpResult.of(200, Map.of("id", id, "user", String.valueOf(user)));
  }

  @Override
  public HttpResult<?> write(String id, Body body) {
    cell.calls.incrementAndGet();
    return HttpResult.<Object>builder()
        .status(201)
        .header("x-made", "yes")
        .body(body == null ? Map.of() : body)
        .build();
  }

  @Override
  public HttpResult<?> list(String id) {
    return HttpResult.of(200, Map.of("id", String.valueOf(id)));
  }
}
