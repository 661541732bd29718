package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * A pipeline that a dc-sync process runs now.
 *
 * @param admin the address of that process's admin API
 */
record RunPipeline(String source, String target, String admin) {
  /** Those whose process has published where it is. */
  static List<RunPipeline> all(Target target) {
    JsonNode answer = ControlPlane.require(target).get("/admin/sync");
    return StreamSupport.stream(Lists.of(answer, "pipelines").spliterator(), false)
        .map(
            one ->
                new RunPipeline(
                    one.path("source").asText(),
                    one.path("target").asText(),
                    one.path("admin").asText()))
        .filter(pipeline -> !pipeline.admin().isEmpty())
        .toList();
  }

  /** {@code source-target}. */
  String name() {
    return source + "-" + target;
  }

  ControlPlane sync(Duration answerWithin) {
    return ControlPlane.ofSync(admin, answerWithin);
  }
}
