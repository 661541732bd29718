package io.homecell.benchmarks;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The CPU that some processes take between two looks, as the operating system counts it. */
public final class ProcessCpu {
  private final Map<String, ProcessHandle> processes;
  private final Map<String, Duration> before = new LinkedHashMap<>();

  public ProcessCpu(Map<String, ProcessHandle> processes) {
    this.processes = new LinkedHashMap<>(processes);
    this.processes.forEach((name, process) -> before.put(name, taken(process)));
  }

  private static Duration taken(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** What a process and those that it has started and that still run have taken so far. */
  public static Duration takenByAllOf(ProcessHandle process) {
    return process
        .descendants()
        .map(ProcessCpu::taken)
        .reduce(taken(process), (one, other) -> one.plus(other));
  }

  /** Such as {@code source 1.2 s, target 3.4 s}. */
  public String sinceStart() {
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
