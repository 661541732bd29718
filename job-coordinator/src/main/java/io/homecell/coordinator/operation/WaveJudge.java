package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.WaveFacts.Carrier;
import io.homecell.core.route.SlotFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Says of a wave whether the next one may follow. Pure; see {@code WaveJudgeTest}. */
public final class WaveJudge {
  private WaveJudge() {}

  /** Every reason to take the wave back; none if the next may follow. */
  public static List<String> findings(WaveFacts facts, WaveLimits limits) {
    List<String> findings = new ArrayList<>(atOnce(facts.requests(), limits));
    facts.silent().forEach(router -> findings.add("router " + router));
    for (Carrier carrier : facts.back()) {
      if (!carrier.isStreaming()) {
        findings.add(
            "pipeline "
                + carrier.direction()
                + " is "
                + carrier.state()
                + " (expected: STREAMING)");
      } else if (carrier.lagMillis() > limits.lagMillisMax()) {
        findings.add(
            "pipeline "
                + carrier.direction()
                + " is "
                + carrier.lagMillis()
                + " ms behind (expected: at most "
                + limits.lagMillisMax()
                + ")");
      }
    }
    return findings;
  }

  /** Those that need no longer look: users are hurt meanwhile. */
  public static List<String> atOnce(SlotFigures seen, WaveLimits limits) {
    List<String> findings = new ArrayList<>();
    if (isTooMuch(seen.failed(), seen.requests(), limits.failedPercentMax(), limits)) {
      findings.add(
          share(seen.failed(), seen.requests(), "requests failed", limits.failedPercentMax()));
    }
    if (isTooMuch(seen.slow(), seen.requests(), limits.slowPercentMax(), limits)) {
      findings.add(
          share(
              seen.slow(),
              seen.requests(),
              "requests took more than " + SlotFigures.SLOW.toMillis() + " ms",
              limits.slowPercentMax()));
    }
    return findings;
  }

  private static boolean isTooMuch(long bad, long all, double percentMax, WaveLimits limits) {
    boolean certain = bad >= limits.requestsAtFault() || (bad > 0 && bad == all);
    return certain && bad * 100.0 > all * percentMax;
  }

  private static String share(long bad, long all, String what, double percentMax) {
    return String.format(
        Locale.ROOT,
        "%d of %d %s, %.1f %% (expected: at most %.1f)",
        bad,
        all,
        what,
        bad * 100.0 / all,
        percentMax);
  }

  /** The figures in a line, for the record. */
  public static String line(WaveFacts facts) {
    SlotFigures seen = facts.requests();
    return seen.requests()
        + " requests, "
        + seen.failed()
        + " failed, "
        + seen.slow()
        + " slow"
        + facts.back().stream()
            .map(
                carrier ->
                    "; "
                        + carrier.direction()
                        + " "
                        + (carrier.isStreaming()
                            ? carrier.lagMillis() + " ms behind"
                            : carrier.state()))
            .collect(Collectors.joining());
  }
}
