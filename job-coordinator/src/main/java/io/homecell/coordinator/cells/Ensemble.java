package io.homecell.coordinator.cells;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The servers of the coordination service as the connect string names them, and which of them take
 * part: asked by {@code srvr}, which ZooKeeper allows unless told otherwise. One that takes the
 * connection and does not know the word counts as well.
 *
 * @param servers all that are named
 * @param silent those that don't take part
 */
public record Ensemble(List<String> servers, List<String> silent) {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);
  private static final int ANSWER_BYTES_MAX = 4_096;

  public Ensemble {
    servers = List.copyOf(servers);
    silent = List.copyOf(silent);
  }

  /** Asks all servers of a connect string at the same time. */
  public static Ensemble ask(String connectString, Executor threads) {
    List<String> servers = List.of(connectString.split("/", 2)[0].split(",", -1));
    Map<String, CompletableFuture<Boolean>> asked = new LinkedHashMap<>();
    servers.forEach(
        server ->
            asked.put(server, CompletableFuture.supplyAsync(() -> takesPart(server), threads)));
    List<String> silent = new ArrayList<>();
    asked.forEach(
        (server, answer) -> {
          if (!answer.join()) {
            silent.add(server);
          }
        });
    return new Ensemble(servers, silent);
  }

  private static boolean takesPart(String server) {
    int colon = server.lastIndexOf(':');
    try (Socket socket = new Socket()) {
      int millis = (int) ANSWER_WITHIN.toMillis();
      socket.connect(
          new InetSocketAddress(
              server.substring(0, colon), Integer.parseInt(server.substring(colon + 1))),
          millis);
      socket.setSoTimeout(millis);
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      byte[] answer = socket.getInputStream().readNBytes(ANSWER_BYTES_MAX);
      return isServing(new String(answer, StandardCharsets.US_ASCII));
    } catch (IOException refused) {
      return false;
    }
  }

  /** Pure: a server without a quorum says that it "is not currently serving requests". */
  static boolean isServing(String answer) {
    return !answer.contains("not currently serving");
  }
}
