package io.homecell.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How the local deployment runs its Java processes: many small ones on a small machine. */
final class JavaProcess {
  private static final int FIRST_VERSION_WITH_NATIVE_WARNINGS = 24;

  private JavaProcess() {}

  /** The Java that runs this process runs the others too. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static List<String> options(PartRole role) {
    List<String> options = new ArrayList<>();
    options.add("-Xms" + heapMegabytes(role) / 4 + "m");
    options.add("-Xmx" + heapMegabytes(role) + "m");
    options.add("-XX:+UseSerialGC");
    options.add("-XX:TieredStopAtLevel=1");
    options.add("-XX:ReservedCodeCacheSize=64m");
    options.add("-Xss512k");
    // A process that is out of memory does not limp on: it dies, and is seen to be dead.
    options.add("-XX:+ExitOnOutOfMemoryError");
    options.add("-Djava.net.preferIPv4Stack=true");
    options.add("-Dfile.encoding=UTF-8");
    if (Runtime.version().feature() >= FIRST_VERSION_WITH_NATIVE_WARNINGS) {
      options.add("--enable-native-access=ALL-UNNAMED");
      options.add("--sun-misc-unsafe-memory-access=allow");
      options.add("-Ddubbo.json-framework.prefer=fastjson2");
    }
    return options;
  }

  private static int heapMegabytes(PartRole role) {
    return switch (role) {
      case ZOOKEEPER -> 96;
      case ROUTER -> 192;
      case ACCOUNT, TRADE, COORDINATOR, CANAL -> 256;
      case DC_SYNC -> 320;
      case MYSQL -> throw new IllegalArgumentException("not a Java process: " + role);
    };
  }
}
