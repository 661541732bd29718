package io.homecell.core.failsafe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.homecell.core.failsafe.WitnessMessage.Answered;
import io.homecell.core.failsafe.WitnessMessage.Asked;
import io.homecell.core.failsafe.WitnessSignature.Way;
import io.homecell.core.json.Json;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A witness on a port of its own, so that nobody who looks at a process can keep it from answering;
 * every message is signed with the secret that all datacenters share. An answer needs no I/O. Safe
 * for any number of threads.
 */
public final class WitnessServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WitnessServer.class);
  private static final int THREADS = 4;
  private static final int BACKLOG = 64;

  private final HttpServer server;
  private final ExecutorService threads;
  private final WitnessSignature signature;
  private final MeterRegistry metrics;

  private WitnessServer(
      HttpServer server,
      ExecutorService threads,
      WitnessSignature signature,
      MeterRegistry metrics) {
    this.server = server;
    this.threads = threads;
    this.signature = signature;
    this.metrics = metrics;
  }

  /**
   * Starts to answer.
   *
   * @param secret shared by all datacenters
   * @throws IOException if the port is taken
   */
  public static WitnessServer start(
      String host, int port, String secret, Witness witness, MeterRegistry metrics)
      throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(host, port), BACKLOG);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "witness");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    WitnessServer started =
        new WitnessServer(server, threads, new WitnessSignature(secret), metrics);
    started.serve(WitnessMessage.CONFIRM, asked -> asked.confirm().map(witness::confirm));
    started.serve(
        WitnessMessage.LOSE,
        asked -> {
          Optional<Witness.Answer> answer = asked.lose().map(witness::lose);
          log.warn("failsafe: told of {}: {}", asked.lose(), answer);
          return answer;
        });
    server.start();
    return started;
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  private void serve(String path, Function<Asked, Optional<Witness.Answer>> answering) {
    server.createContext(path, exchange -> answer(exchange, path, answering));
  }

  private void answer(
      HttpExchange exchange, String path, Function<Asked, Optional<Witness.Answer>> answering)
      throws IOException {
    try (exchange) {
      byte[] bytes = exchange.getRequestBody().readNBytes(WitnessMessage.BYTES_MAX);
      String body = new String(bytes, StandardCharsets.UTF_8);
      String signed =
          Optional.ofNullable(exchange.getRequestHeaders().getFirst(WitnessSignature.HEADER))
              .orElse("");
      if (!signature.fits(signed, Way.QUESTION, path, body)) {
        counted("not_signed");
        exchange.sendResponseHeaders(403, -1);
        return;
      }
      Asked asked = Json.read(body, Asked.class);
      Optional<Witness.Answer> answer = answering.apply(asked);
      if (answer.isEmpty()) {
        exchange.sendResponseHeaders(400, -1);
        return;
      }
      counted(
          answer.get().yes() ? "yes" : answer.get().refusal().toLowerCase(java.util.Locale.ROOT));
      send(exchange, path, asked.nonce(), answer.get());
    } catch (IllegalArgumentException malformed) {
      log.warn("failsafe: {} is malformed: {}", path, malformed.getMessage());
      exchange.sendResponseHeaders(400, -1);
    }
  }

  private void counted(String answer) {
    metrics.counter("hc.failsafe.answers", "answer", answer).increment();
  }

  private void send(HttpExchange exchange, String path, String nonce, Witness.Answer answer)
      throws IOException {
    String body = Json.write(new Answered(nonce, answer.refusal(), answer.detail()));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange
        .getResponseHeaders()
        .set(WitnessSignature.HEADER, signature.of(Way.ANSWER, path, body));
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
