package io.homecell.router.websocket;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted of WebSockets, by cell. Safe for any number of threads. */
public final class WebSocketMetrics {
  private final MeterRegistry registry;
  private final Map<String, OfCell> cells = new ConcurrentHashMap<>();

  public WebSocketMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Those of a cell of the topology. */
  public OfCell of(String cell) {
    return cells.computeIfAbsent(cell, name -> new OfCell(registry, name));
  }

  /** What is counted of one cell. */
  public static final class OfCell {
    private final AtomicInteger open = new AtomicInteger();
    private final Counter fromClients;
    private final Counter toClients;
    private final Counter refused;
    private final Map<Ending, Counter> closes = new EnumMap<>(Ending.class);

    OfCell(MeterRegistry registry, String cell) {
      Gauge.builder("hc_router_websockets", open, AtomicInteger::get)
          .description("open WebSockets")
          .tags("cell", cell)
          .register(registry);
      fromClients = bytes(registry, cell, "in");
      toClients = bytes(registry, cell, "out");
      refused =
          Counter.builder("hc_router_websockets_refused")
              .description("handshakes that found the cell's room for WebSockets full")
              .tags("cell", cell)
              .register(registry);
      for (Ending ending : Ending.values()) {
        closes.put(
            ending,
            Counter.builder("hc_router_websocket_closes")
                .tags("cell", cell, "reason", ending.word())
                .register(registry));
      }
    }

    private static Counter bytes(MeterRegistry registry, String cell, String direction) {
      return Counter.builder("hc_router_websocket_bytes")
          .description("in: from clients; out: to clients; frames with their heads")
          .tags("cell", cell, "direction", direction)
          .register(registry);
    }

    /** A handshake was refused. */
    public void refused() {
      refused.increment();
    }

    void opened() {
      open.incrementAndGet();
    }

    void fromClient(int bytes) {
      fromClients.increment(bytes);
    }

    void toClient(int bytes) {
      toClients.increment(bytes);
    }

    void ended(Ending why) {
      open.decrementAndGet();
      Objects.requireNonNull(closes.get(why), why.word()).increment();
    }
  }
}
