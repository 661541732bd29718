package io.homecell.tests.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The classes of every module that is shipped, taken from where the build puts them: one class path
 * with all modules' libraries would clash. A module that the parent POM adds is in by itself.
 */
record CompiledModules(JavaClasses classes, List<String> names) {
  private static final Set<String> NOT_SHIPPED = Set.of("benchmarks", "cell-tests");
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

  /** Reads them from the project that the tests run in. */
  static CompiledModules read() throws IOException {
    Path root = Path.of("..").toAbsolutePath().normalize();
    List<String> names = new ArrayList<>();
    List<Path> folders = new ArrayList<>();
    Matcher module = MODULE.matcher(Files.readString(root.resolve("pom.xml")));
    while (module.find()) {
      String name = module.group(1).strip();
      if (NOT_SHIPPED.contains(name) || !Files.isDirectory(root.resolve(name + "/src/main/java"))) {
        continue;
      }
      Path compiled = root.resolve(name + "/target/classes");
      if (!Files.isDirectory(compiled)) {
        throw new IllegalStateException(
            compiled + " is not there (expected: ./mvnw -pl cell-tests -am …, which compiles all)");
      }
      names.add(name);
      folders.add(compiled);
    }
    return new CompiledModules(new ClassFileImporter().importPaths(folders), List.copyOf(names));
  }

  /** The module that a class was compiled in. */
  static String moduleOf(JavaClass type) {
    String uri = type.getSource().orElseThrow().getUri().toString();
    String upToModule = uri.substring(0, uri.lastIndexOf("/target/classes/"));
    return upToModule.substring(upToModule.lastIndexOf('/') + 1);
  }
}
