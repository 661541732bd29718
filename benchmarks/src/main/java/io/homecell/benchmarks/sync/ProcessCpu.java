package io.homecell.benchmarks.sync;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The CPU that some processes take between two looks. */
final class ProcessCpu {
  private final Map<String, ProcessHandle> processes;
  private final Map<String, Duration> before = new LinkedHashMap<>();

  ProcessCpu(Map<String, ProcessHandle> processes) {
    this.processes = new LinkedHashMap<>(processes);
    this.processes.forEach((name, process) -> before.put(name, taken(process)));
  }

  private static Duration taken(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Such as {@code source 1.2 s, target 3.4 s}. */
  String sinceStart() {
    return processes.entrySet().stream()
        .map(
            each ->
                "%s %.1f s"
                    .formatted(
                        each.getKey(),
                        taken(each.getValue())
                                .minus(before.getOrDefault(each.getKey(), Duration.ZERO))
                                .toMillis()
                            / 1_000.0))
        .collect(Collectors.joining(", "));
  }
}
