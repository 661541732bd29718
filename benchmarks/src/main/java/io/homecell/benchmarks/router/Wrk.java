package io.homecell.benchmarks.router;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Drives a peer with wrk: connections with a request after the other, kept or not. */
final class Wrk {
  private static final Pattern RESULT =
      Pattern.compile("^RESULT (\\d+) (\\d+) (\\d+) (\\d+) (\\d+)$", Pattern.MULTILINE);

  private final String program;
  private final Path script;
  private final int connections;
  private final int threads;

  Wrk(
      Installed installed,
      Path folder,
      RoutedSet set,
      ClientTerms clients,
      int connections,
      int threads)
      throws IOException {
    this.program = installed.program("wrk");
    this.connections = connections;
    this.threads = threads;
    this.script =
        Template.write(
            "users.lua",
            folder,
            Map.of(
                "users",
                set.users(),
                "first",
                RoutedSet.FIRST_USER,
                "connection",
                clients.reconnects() ? "close" : "keep-alive"));
  }

  /**
   * Runs it to its end.
   *
   * @throws IllegalStateException if a request failed
   */
  Measured run(Peer peer, int seconds) throws IOException, InterruptedException {
    Duration before = peer.cpu();
    Process wrk =
        new ProcessBuilder(
                List.of(
                    program,
                    "--latency",
                    "-c" + connections,
                    "-t" + threads,
                    "-d" + seconds + "s",
                    // slow is no failure
                    "--timeout",
                    "30s",
                    "-s",
                    script.toString(),
                    peer.url("/orders")))
            .redirectErrorStream(true)
            .start();
    String output;
    try {
      output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      wrk.waitFor();
    } finally {
      wrk.destroyForcibly();
    }
    Duration cpu = peer.cpu().minus(before);
    MatchResult result =
        RESULT
            .matcher(output)
            .results()
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(peer.name() + ": wrk said:\n" + output));
    long requests = Long.parseLong(result.group(1));
    if (!result.group(5).equals("0") || requests == 0) {
      throw new IllegalStateException(
          peer.name() + ": " + result.group(5) + " requests failed; wrk said:\n" + output);
    }
    return new Measured(
        requests * 1e6 / Long.parseLong(result.group(2)),
        cpu.toNanos() / 1e3 / requests,
        Long.parseLong(result.group(3)) / 1e3,
        Long.parseLong(result.group(4)) / 1e3);
  }
}
