package io.homecell.cellctl.operation;

import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.DurationOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Moving in waves: of switchover and failback. The coordinator validates them as a whole. */
final class WaveOptions {
  @Option(
      names = "--waves",
      paramLabel = "N,N%,100%",
      description = {
        "In waves: how many slots have moved after each, as numbers or percent, such as 1,10%%,100%%.",
        "Each is checked before the next; one that fails its check goes back by itself."
      })
  private Optional<String> waves = Optional.empty();

  @Option(
      names = "--wave-watch",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "How long each wave is watched, 1s to 10m; 10s if not said.")
  private Optional<Duration> watch = Optional.empty();

  void addTo(Map<String, Object> request) {
    if (watch.isPresent() && waves.isEmpty()) {
      throw CommandFailure.usage("--wave-watch: given without --waves");
    }
    waves.ifPresent(sizes -> request.put("waves", sizes));
    watch.ifPresent(time -> request.put("waveWatchMillis", time.toMillis()));
  }
}
