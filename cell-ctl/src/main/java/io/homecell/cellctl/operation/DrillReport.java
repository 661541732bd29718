package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Words;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a drill has done, and how it went: grows while it runs. Not safe for several threads. */
final class DrillReport {
  private record Leg(String title, JsonNode operation) {}

  private final String datacenter;
  private final String by;
  private final Optional<String> reason;
  private final Instant began;
  private final List<Leg> legs = new ArrayList<>();
  private final List<String> findings = new ArrayList<>();
  private String outcome = "did not come to its end";
  private Instant ended;

  DrillReport(String datacenter, String by, Optional<String> reason, Instant began) {
    this.datacenter = datacenter;
    this.by = by;
    this.reason = reason;
    this.began = began;
    this.ended = began;
  }

  void leg(String title, JsonNode operation) {
    legs.add(new Leg(title, operation));
  }

  /** Something that should not have been seen while the users were away; each is told once. */
  void finding(String finding) {
    if (!findings.contains(finding)) {
      findings.add(finding);
    }
  }

  boolean hasFindings() {
    return !findings.isEmpty();
  }

  void end(String how, Instant at) {
    outcome = how;
    ended = at;
  }

  /** As Markdown. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("# Drill of datacenter " + datacenter);
    lines.add("");
    lines.add("* outcome: " + outcome);
    lines.add(
        "* began "
            + began.truncatedTo(ChronoUnit.SECONDS)
            + ", took "
            + Words.aboutSeconds(Duration.between(began, ended)));
    lines.add("* by " + by + reason.map(why -> ", reason: " + why).orElse(""));
    for (Leg leg : legs) {
      lines.add("");
      lines.add("## " + leg.title());
      lines.add("");
      lines.add("    " + OperationText.title(leg.operation()));
      leg.operation().path("steps").forEach(step -> lines.add("    " + OperationText.step(step)));
      OperationText.outcome(leg.operation()).forEach(line -> lines.add("    " + line));
    }
    lines.add("");
    lines.add("## What was seen between");
    lines.add("");
    if (findings.isEmpty()) {
      lines.add("* nothing that was not there before");
    }
    findings.forEach(finding -> lines.add("* " + finding));
    return lines;
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("datacenter", datacenter);
    json.put("outcome", outcome);
    json.put("began", began);
    json.put("ended", ended);
    json.put("by", by);
    json.put("reason", reason);
    json.put("operations", legs.stream().map(Leg::operation).toList());
    json.put("findings", findings);
    return json;
  }
}
