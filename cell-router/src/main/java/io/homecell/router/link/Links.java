package io.homecell.router.link;

import io.homecell.core.http.AdminServer;
import io.homecell.core.http.Problem;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.net.ServerSSLOptions;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The links of a router to the routers of the other datacenters, in both directions: who they are,
 * how they are reached, how they do. Exists where the topology has peer ports. Safe for any number
 * of threads; {@link PeerLink}s belong to the loops that ask for them.
 */
public final class Links implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Links.class);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What the admin port tells. */
  record Report(String certificate, Instant expires, List<LinkState.Report> links) {}

  private final Vertx vertx;
  private final Topology.Datacenter own;
  private final LinkTerms terms;
  private final MeterRegistry metrics;
  private final PeerTls tls;
  private final Connecting connecting;
  private final Map<String, LinkState> states = new LinkedHashMap<>();
  private final List<Consumer<ServerSSLOptions>> ports = new CopyOnWriteArrayList<>();
  private volatile long looking = -1;
  private volatile long saidAtNanos = System.nanoTime() - QUIET_NANOS;

  private Links(
      Vertx vertx,
      Topology topology,
      Topology.Datacenter own,
      LinkTerms terms,
      MeterRegistry metrics,
      PeerTls tls,
      Duration connectTimeout) {
    this.vertx = vertx;
    this.own = own;
    this.terms = terms;
    this.metrics = metrics;
    this.tls = tls;
    this.connecting = new Connecting(vertx, tls, terms, connectTimeout);
    for (Topology.Datacenter each : topology.datacenters().values()) {
      if (!each.name().equals(own.name())) {
        states.put(each.name(), new LinkState(each, metrics));
      }
    }
    Gauge.builder(
            "hc_router_link_certificate_seconds",
            tls,
            one -> Duration.between(Instant.now(), one.credentials().expires()).toSeconds())
        .description("until the certificate that other routers are shown expires")
        .register(metrics);
    Gauge.builder("hc_router_link_certificate_refused", tls, one -> one.isRefused() ? 1 : 0)
        .description("1 while the files for the peer port say what it can't use")
        .register(metrics);
  }

  /**
   * Those of a datacenter's router; none if the topology has no peer ports.
   *
   * @throws IllegalArgumentException if there are peer ports, and no usable certificate
   */
  public static Optional<Links> of(
      Vertx vertx,
      Topology topology,
      String datacenter,
      LinkTerms terms,
      Duration connectTimeout,
      MeterRegistry metrics) {
    Topology.Datacenter own = topology.datacenter(datacenter);
    if (own.peer().isEmpty()) {
      if (terms.files().isPresent()) {
        log.info("{} is not used: the topology has no peer ports", LinkTerms.CERTIFICATE);
      }
      return Optional.empty();
    }
    if (terms.files().isEmpty()) {
      throw new IllegalArgumentException(
          "datacenters."
              + datacenter
              + ".peer: routers forward to each other over mutual TLS (expected: "
              + String.join(", ", LinkTerms.CERTIFICATE, LinkTerms.KEY, LinkTerms.AUTHORITIES)
              + ")");
    }
    Map<String, Topology.Datacenter> others = new LinkedHashMap<>(topology.datacenters());
    others.remove(datacenter);
    PeerTls tls =
        new PeerTls(terms.files().get(), datacenter, others.keySet(), vertx, Clock.systemUTC());
    log.info("shows other routers the {}", tls.credentials());
    return Optional.of(new Links(vertx, topology, own, terms, metrics, tls, connectTimeout));
  }

  /** Looks whether the files have changed, now and then. */
  public void watchFiles(Duration each) {
    looking =
        vertx.setPeriodic(
            Math.max(1, each.toMillis()),
            ignored ->
                vertx
                    .executeBlocking(tls::reread, false)
                    .onSuccess(
                        changed -> {
                          if (changed) {
                            log.info("shows other routers the {} from now on", tls.credentials());
                            count("hc_router_link_certificate_reads", "result", "applied");
                            ports.forEach(port -> port.accept(server()));
                          }
                        })
                    .onFailure(
                        refused -> {
                          count("hc_router_link_certificate_reads", "result", "refused");
                          log.error(
                              "the certificate for other routers stays as it is: {}",
                              refused.getMessage());
                        }));
  }

  @Override
  public void close() {
    vertx.cancelTimer(looking);
    connecting.close();
  }

  private void count(String name, String tag, String value) {
    metrics.counter(name, tag, value).increment();
  }

  /** One event loop's way to a datacenter. */
  public PeerLink to(String datacenter) {
    return link(terms, true, datacenter);
  }

  /**
   * One event loop's way to a datacenter for what stays for hours, on connections that are made
   * when they are needed.
   *
   * @param most of these at once
   */
  public PeerLink forStreamsThatStay(String datacenter, int most) {
    int connections = Math.max(1, (most + terms.streamsMax() - 1) / terms.streamsMax());
    return link(terms.withConnections(connections), false, datacenter);
  }

  private PeerLink link(LinkTerms with, boolean keepsOne, String datacenter) {
    return new PeerLink(
        with, keepsOne, Objects.requireNonNull(states.get(datacenter), datacenter), connecting);
  }

  public LinkTerms terms() {
    return terms;
  }

  /** Where this router takes what others forward. */
  public Topology.Endpoint port() {
    return own.peer().orElseThrow();
  }

  /** How it is served now, and whenever the files have changed. */
  public ServerSSLOptions served(Consumer<ServerSSLOptions> onChange) {
    ports.add(onChange);
    return server();
  }

  private ServerSSLOptions server() {
    return tls.server()
        .setSslHandshakeTimeout(terms.handshakeWithin().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
  }

  /** What one connection from a peer may send that is not read. */
  public int connectionWindowBytes() {
    return Connecting.connectionWindowBytes(terms);
  }

  public int streamWindowBytes() {
    return Connecting.STREAM_WINDOW_BYTES;
  }

  /** The datacenter that a certificate is of; empty if of none that may forward to this one. */
  public Optional<String> datacenter(X509Certificate certificate) {
    return PeerName.datacenter(certificate, states.keySet());
  }

  /** Somebody was refused at the peer port, before a request. */
  public void refused(Throwable cause) {
    if (cause instanceof SocketException
        || cause instanceof ClosedChannelException
        || String.valueOf(cause.getMessage()).contains("reset")) {
      // Left while it was looked at.
      return;
    }
    LinkFailure kind = LinkFailure.ofConnecting(cause);
    // The message has what was sent in it: that may be a request with a password.
    String detail =
        kind == LinkFailure.NOT_TLS ? "what was sent first is not TLS" : Connecting.told(cause);
    refused(kind.word(), detail);
  }

  /**
   * Somebody was refused at the peer port.
   *
   * @param word for the metric, of a small fixed set
   */
  public void refused(String word, String detail) {
    count("hc_router_link_refused", "cause", word);
    long now = System.nanoTime();
    if (now - saidAtNanos >= QUIET_NANOS) {
      saidAtNanos = now;
      log.warn("peer port {}: refused: {}: {}", port(), word, detail);
    }
  }

  /** {@code GET /links}. */
  public AdminServer.Answer answer(AdminServer.Request request) {
    if (!request.method().equals("GET")) {
      return new AdminServer.Answer(
          405,
          Problem.of(405, "method-not-allowed", request.method() + " (expected: GET)"),
          Map.of("Allow", "GET"));
    }
    return new AdminServer.Answer(200, report());
  }

  Report report() {
    return new Report(
        tls.credentials().toString(),
        tls.credentials().expires(),
        states.values().stream().map(LinkState::report).toList());
  }
}
