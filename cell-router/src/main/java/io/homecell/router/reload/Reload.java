package io.homecell.router.reload;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyException;
import io.homecell.router.proxy.EdgeRules;
import io.homecell.router.proxy.LiveRules;
import io.homecell.router.tls.LiveTls;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces the rules and the certificate of a serving router by those that its files say now: when
 * asked to ({@code POST /reload}), and by itself when a file has changed.
 *
 * <p>What it upholds: all of the rules' new files holds, or nothing of them, and so for the files
 * of the certificate; but neither waits for the other, since certificates are renewed by machines
 * and end. What is refused says why, in the answer, in the log and by a metric; no connection and
 * no request notices. Safe for any number of threads.
 */
public final class Reload implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Reload.class);
  private static final int UNPROCESSABLE = 422;

  private final RuleFiles files;
  private final LiveRules rules;
  private final Optional<LiveTls> tls;
  private final MeterRegistry metrics;
  private final ScheduledExecutorService thread;
  private String loaded;
  private String seen;
  private volatile boolean refused;

  private Reload(RuleFiles files, LiveRules rules, Optional<LiveTls> tls, MeterRegistry metrics) {
    this.files = files;
    this.rules = rules;
    this.tls = tls;
    this.metrics = metrics;
    this.loaded = fingerprint();
    this.seen = loaded;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread reload = new Thread(task, "reload");
              reload.setDaemon(true);
              return reload;
            });
  }

  /** For a router without TLS. */
  public static Reload start(
      RuleFiles files, LiveRules rules, Duration each, MeterRegistry metrics) {
    return start(files, rules, Optional.empty(), each, metrics);
  }

  /**
   * Starts to look at the files.
   *
   * @param each how often; a change counts when it was seen twice, so a file that is just being
   *     written is left alone
   */
  @SuppressWarnings("FutureReturnValueIgnored") // look() never throws
  public static Reload start(
      RuleFiles files,
      LiveRules rules,
      Optional<LiveTls> tls,
      Duration each,
      MeterRegistry metrics) {
    Reload reload = new Reload(files, rules, tls, metrics);
    Gauge.builder("hc_router_reload_refused", reload, r -> r.refused ? 1 : 0)
        .description("1 while the files of the router say what it can't use")
        .register(metrics);
    reload.thread.scheduleWithFixedDelay(
        reload::look, each.toMillis(), each.toMillis(), TimeUnit.MILLISECONDS);
    return reload;
  }

  private String fingerprint() {
    return files.fingerprint() + tls.map(live -> " " + live.files().fingerprint()).orElse("");
  }

  private synchronized void look() {
    String now = fingerprint();
    boolean settled = now.equals(seen);
    seen = now;
    if (settled && !now.equals(loaded)) {
      String problem = reload();
      log.debug("the files have changed: {}", problem.isEmpty() ? "read" : "refused");
    }
  }

  /** Reads the files; says what is wrong with them, or nothing. */
  public synchronized String reload() {
    // Taken first: what is written while they are read is a change of its own.
    loaded = fingerprint();
    String problem =
        Stream.of(problemOf(this::reloadRules), problemOf(this::reloadTls))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; "));
    refused = !problem.isEmpty();
    metrics.counter("hc_router_reloads", "result", refused ? "refused" : "applied").increment();
    if (refused) {
      log.error("reload: refused, what it is about stays as it is: {}", problem);
    } else {
      Topology.Edge edge = rules.get().topology().edge();
      log.info("reload: {} routes, identity from {}", edge.routes().size(), edge.identity());
    }
    return problem;
  }

  private static String problemOf(Supplier<String> reloading) {
    try {
      return reloading.get();
    } catch (TopologyException | IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private String reloadRules() {
    EdgeRules next = files.read();
    String problem = problem(RuleFiles.otherChanges(rules.get().topology(), next.topology()));
    if (problem.isEmpty()) {
      rules.replace(next);
    }
    return problem;
  }

  private String reloadTls() {
    tls.ifPresent(LiveTls::reload);
    return "";
  }

  private static String problem(List<String> otherChanges) {
    return otherChanges.isEmpty()
        ? ""
        : String.join(", ", otherChanges)
            + ": changed (expected: changes of 'edge' only; for the rest, restart the router, see"
            + " HOMECELL_TAKE_OVER)";
  }

  /** {@code POST /reload}. */
  public Answer answer(Request request) {
    if (!request.method().equals("POST")) {
      return new Answer(
          405,
          Problem.of(405, "method-not-allowed", request.method() + " (expected: POST)"),
          Map.of("Allow", "POST"));
    }
    String problem = reload();
    return problem.isEmpty()
        ? new Answer(200, Map.of("routes", rules.get().topology().edge().routes().size()))
        : new Answer(UNPROCESSABLE, Problem.of(UNPROCESSABLE, "reload-refused", problem));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
