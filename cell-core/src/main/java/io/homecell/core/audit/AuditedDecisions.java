package io.homecell.core.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Handler;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts what is decided at an admin path into the audit log: once before it is done, and once with
 * its outcome. Reading and dry runs are not decisions. If the log can't be written, the decision
 * goes on and is in the process's own log: an operator must not be kept from mending things because
 * the coordination service is away.
 */
public final class AuditedDecisions implements Handler {
  private static final Logger log = LoggerFactory.getLogger("audit");

  private final String what;
  private final Handler handler;
  private final AuditLog audit;
  private final Clock clock;

  /**
   * @param what how the decision is named, such as {@code sync.repair}
   */
  public AuditedDecisions(String what, Handler handler, AuditLog audit, Clock clock) {
    this.what = what;
    this.handler = handler;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public Answer answer(Request request) throws IOException {
    Optional<JsonNode> decision = decision(request);
    if (decision.isEmpty()) {
      return handler.answer(request);
    }
    append(request, decision.get(), Optional.empty());
    String outcome = "failed";
    try {
      Answer answer = handler.answer(request);
      outcome = "answered " + answer.status();
      return answer;
    } finally {
      append(request, decision.get(), Optional.of(outcome));
    }
  }

  private static Optional<JsonNode> decision(Request request) {
    if (!request.method().equals("POST")) {
      return Optional.empty();
    }
    try {
      String body = request.body().isBlank() ? "{}" : request.body();
      return Optional.of(Json.read(body, JsonNode.class))
          .filter(json -> !json.path("dryRun").asBoolean(false));
    } catch (IllegalArgumentException notJson) {
      return Optional.empty(); // refused by the handler
    }
  }

  private void append(Request request, JsonNode body, Optional<String> outcome) {
    AuditEntry entry =
        new AuditEntry(
            clock.instant(),
            body.path("by").asText("not said"),
            what,
            Optional.empty(),
            Optional.ofNullable(body.path("reason").textValue()),
            request.path() + " " + request.query() + " " + body,
            outcome);
    log.info("{}", entry);
    try {
      audit.append(entry);
    } catch (CoordinationException e) {
      log.warn("{}: not in the shared audit log: {}", what, e.getMessage());
    }
  }
}
