package io.homecell.benchmarks.router;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A configuration file with places like <code>${port}</code> to be filled. */
final class Template {
  private Template() {}

  /**
   * Writes a resource into a folder under its own name.
   *
   * @throws IllegalArgumentException if a place is left open
   */
  static Path write(String resource, Path folder, Map<String, Object> values) throws IOException {
    String text;
    try (InputStream in = Template.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException(resource + ": no such resource");
      }
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (Map.Entry<String, Object> value : values.entrySet()) {
      text = text.replace("${" + value.getKey() + "}", value.getValue().toString());
    }
    int open = text.indexOf("${");
    if (open >= 0) {
      throw new IllegalArgumentException(
          resource + ": no value for " + text.substring(open, text.indexOf('}', open) + 1));
    }
    Files.createDirectories(folder);
    return Files.writeString(folder.resolve(resource), text);
  }
}
