package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.admin.VerdictName;
import io.homecell.coordinator.operation.RefusalName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every verdict and refusal has a page that says what to do, and a test that provokes it. */
class FailureModesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path FOLDER = ROOT.resolve("docs/failure-modes");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+\\.md)");

  @Test
  void everyNameHasItsPageAndIsInTheIndex() throws IOException {
    String index = Files.readString(FOLDER.resolve("README.md"));
    pages()
        .forEach(
            (name, page) -> {
              assertThat(read(ROOT.resolve(page)))
                  .as("%s (docs/failure-modes needs a page for each name)", page)
                  .contains("`" + name + "`")
                  .contains("\n## Meaning\n", "\n## Impact\n", "\n## Diagnosis\n")
                  .contains("\n## Mitigation\n");
              assertThat(index)
                  .contains("| `" + name + "` | ")
                  .contains("](" + Path.of(page).getFileName() + ")");
            });
  }

  @Test
  void theIndexSaysWhatMayBeForced() throws IOException {
    for (String line : Files.readAllLines(FOLDER.resolve("README.md"))) {
      if (line.startsWith("| `")) {
        String name = line.substring(3, line.indexOf('`', 3));
        assertThat(line.contains("may be forced"))
            .as(line)
            .isEqualTo(RefusalName.overridable().contains(name));
      }
    }
  }

  @Test
  void everyNameIsProvokedByATest() throws IOException {
    StringBuilder tests = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(file -> tests.append(read(file)));
    }
    assertThat(pages().keySet()).allMatch(name -> tests.indexOf("\"" + name + "\"") >= 0);
  }

  @Test
  void linksBetweenPagesLeadSomewhere() throws IOException {
    for (String folder : new String[] {"docs/failure-modes", "docs/operations", "docs"}) {
      try (Stream<Path> pages = Files.list(ROOT.resolve(folder))) {
        pages
            .filter(page -> page.toString().endsWith(".md"))
            .forEach(FailureModesTest::assertLinksLead);
      }
    }
  }

  private static void assertLinksLead(Path page) {
    Matcher link = LINK.matcher(read(page));
    while (link.find()) {
      assertThat(page.resolveSibling(link.group(1))).as("%s: %s", page, link.group()).exists();
    }
  }

  private static Map<String, String> pages() {
    Map<String, String> pages = new TreeMap<>();
    for (RefusalName name : RefusalName.values()) {
      pages.put(name.name(), name.page());
    }
    for (VerdictName name : VerdictName.values()) {
      String before = pages.put(name.name(), name.page());
      assertThat(before == null || before.equals(name.page())).as(name.name()).isTrue();
    }
    return pages;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
