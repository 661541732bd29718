package io.homecell.trade;

import io.homecell.core.process.Announcement;
import io.homecell.local.ManagedProcess;
import io.homecell.local.TestTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The trade process of cell {@code north-1}, started from this module's jar as it ships. */
record TradeProcess(ManagedProcess process, Path data) {
  private static final Duration READY_WITHIN = Duration.ofSeconds(60);

  static TradeProcess start(TestTopology test, Path data, Map<String, String> more)
      throws IOException {
    Files.createDirectories(data);
    Files.deleteIfExists(data.resolve(Announcement.FILE));
    Path target = Path.of("target").toAbsolutePath();
    String classPath =
        target.resolve("trade-cell.jar")
            + ":"
            + Files.readString(target.resolve("runtime.classpath")).strip();
    Map<String, String> environment = new TreeMap<>(more);
    environment.put("CLASSPATH", classPath);
    environment.put("HOMECELL_TOPOLOGY", test.file().toString());
    environment.put("HOMECELL_SECRETS", test.secrets().toString());
    environment.put("HOMECELL_DATACENTER", "north");
    environment.put("HOMECELL_CELL", "north-1");
    environment.put("HOMECELL_INSTANCE", "north-1.trade.1");
    environment.put("HOMECELL_DATA", data.toString());
    ManagedProcess process =
        ManagedProcess.start(
            new ManagedProcess.Launch(
                "trade of north-1",
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "io.homecell.trade.TradeCellMain"),
                environment,
                data,
                data.resolve("log.txt"),
                false));
    process.await("its announcement", READY_WITHIN, () -> Announcement.read(data).isPresent());
    return new TradeProcess(process, data);
  }

  Announcement announcement() {
    return Announcement.read(data).orElseThrow();
  }
}
