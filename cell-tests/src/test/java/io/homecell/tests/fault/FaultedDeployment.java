package io.homecell.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets;
import io.homecell.core.topology.Topology;
import io.homecell.local.LocalDeployment;
import io.homecell.local.PartRole;
import io.homecell.local.Placement;
import io.homecell.local.ProjectTree;
import io.homecell.local.RunningPart;
import io.homecell.local.StartProgress;
import io.homecell.local.TestTopology;
import io.homecell.tests.deployment.CellctlProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two datacenters of real processes, each in a network of its own where that can be made, with all
 * that a test does to them. Stops and mends everything when it is closed.
 */
final class FaultedDeployment implements AutoCloseable {
  private static final Duration LEASE = Duration.ofSeconds(8);
  private static final Duration COMMAND = Duration.ofSeconds(90);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String NOTHING_TO_MOVE = "NOTHING_TO_MOVE";

  final History history;
  private final Optional<IsolatedSites> sites;
  private final Optional<SteppedClocks> clocks;
  private final TestTopology test;
  private final LocalDeployment deployment;
  private final CellctlProcess cellctl;
  private final Set<Long> paused = new HashSet<>();

  private FaultedDeployment(Path folder) {
    history = new History(folder.resolve("history.txt"));
    sites =
        IsolatedSites.available()
            ? Optional.of(IsolatedSites.of("north", "south", IsolatedSites.COORDINATION))
            : Optional.empty();
    test =
        sites
            .map(network -> topology(folder, network))
            .orElseGet(() -> TestTopology.create(folder));
    Path home = folder.resolve("home");
    LocalDeployment.Settings settings =
        new LocalDeployment.Settings(
            test.topology(),
            test.file(),
            home,
            ProjectTree.at(Path.of("..").toAbsolutePath().normalize()),
            Optional.empty(),
            false);
    Placement network = sites.<Placement>map(made -> made).orElse(Placement.LOOPBACK);
    clocks = SteppedClocks.in(network, folder.resolve("clocks").toAbsolutePath());
    Placement placement = clocks.<Placement>map(made -> made).orElse(network);
    deployment = LocalDeployment.open(settings.withPlacement(placement));
    cellctl = new CellctlProcess(home, test.file());
  }

  private static TestTopology topology(Path folder, IsolatedSites network) {
    String north = network.address("north");
    String south = network.address("south");
    return TestTopology.create(
        folder,
        network.address(IsolatedSites.COORDINATION) + ":2181",
        LEASE,
        List.of(north + ":8080", south + ":8080"),
        List.of(north + ":3306", south + ":3306"));
  }

  static FaultedDeployment start(Path folder) {
    FaultedDeployment made = new FaultedDeployment(folder);
    try {
      made.deployment.start(StartProgress.SILENT);
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** Whether links can be cut and slowed. */
  boolean hasLinks() {
    return sites.isPresent();
  }

  /** Whether the clock of a process can be stepped. */
  boolean hasClocks() {
    return clocks.isPresent();
  }

  CellctlProcess cellctl() {
    return cellctl;
  }

  Topology topology() {
    return test.topology();
  }

  /** The datacenter whose coordinator leads. */
  String leader(SwitchWatch watch) throws Exception {
    String leader = watch.leader();
    for (String datacenter : test.topology().datacenters().keySet()) {
      RunningPart coordinator = deployment.process(PartRole.COORDINATOR, datacenter);
      String address = coordinator.host() + ":" + coordinator.adminPort().orElse(0);
      if (leader.endsWith(address)) {
        return datacenter;
      }
    }
    throw new AssertionError("nobody's address: " + leader);
  }

  /** Which cells own slots, by the route table. */
  Set<String> owners() throws Exception {
    Set<String> owners = new HashSet<>();
    for (JsonNode run : cellctl.ok(COMMAND, "routes", "-o", "json").json().path("runs")) {
      owners.add(run.path("owner").asText());
      assertThat(run.path("state").asText()).isEqualTo("OPEN");
    }
    return owners;
  }

  /** Begins a fault. */
  void begin(Fault fault) throws Exception {
    history.add("begins: " + fault);
    if (fault instanceof Fault.Kill kill) {
      deployment.kill(kill.role(), kill.where());
    } else if (fault instanceof Fault.Pause pause) {
      signal("STOP", deployment.process(pause.role(), pause.where()));
    } else if (fault instanceof Fault.Cut cut) {
      network().cut(cut.from(), cut.to());
      if (cut.both()) {
        network().cut(cut.to(), cut.from());
      }
    } else if (fault instanceof Fault.Slow slow) {
      network().slow(slow.site(), slow.kilobitsPerSecond());
    } else if (fault instanceof Fault.ClockStep step) {
      clock(step, step.by());
    }
  }

  /** Ends it. */
  void mend(Fault fault) throws Exception {
    history.add("mended: " + fault);
    if (fault instanceof Fault.Kill kill) {
      deployment.start(kill.role(), kill.where());
    } else if (fault instanceof Fault.Pause pause) {
      signal("CONT", deployment.process(pause.role(), pause.where()));
    } else if (fault instanceof Fault.Cut cut) {
      network().mend(cut.from(), cut.to());
      network().mend(cut.to(), cut.from());
    } else if (fault instanceof Fault.Slow slow) {
      network().quicken(slow.site());
    } else if (fault instanceof Fault.ClockStep step) {
      clock(step, Duration.ZERO);
    }
  }

  private void clock(Fault.ClockStep step, Duration offBy) {
    clocks
        .orElseThrow(() -> new IllegalStateException("libfaketime is not installed"))
        .set(deployment.process(step.role(), step.where()).name(), offBy);
  }

  private IsolatedSites network() {
    return sites.orElseThrow(() -> new IllegalStateException("no network of its own"));
  }

  private void signal(String name, RunningPart part) throws IOException, InterruptedException {
    if (!part.isAlive()) {
      return;
    }
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(part.pid())).start();
    assertThat(kill.waitFor(5, TimeUnit.SECONDS)).as("kill -%s %s", name, part.name()).isTrue();
    if (name.equals("STOP")) {
      paused.add(part.pid());
    } else {
      paused.remove(part.pid());
    }
  }

  /** As a power cut. */
  void killDatacenter(String datacenter) {
    history.add("power of " + datacenter + " is cut");
    deployment.killDatacenter(datacenter);
  }

  /** Starts whatever does not run. */
  void startAll() {
    history.add("everything is started");
    deployment.start(StartProgress.SILENT);
  }

  /** Runs a command and notes how it ended. */
  CellctlProcess.Result cellctl(String... command) throws Exception {
    CellctlProcess.Result result = cellctl.run(COMMAND, command);
    history.add(
        "cellctl "
            + String.join(" ", command)
            + " -> "
            + result.exitCode()
            + ", "
            + result.lastLine());
    return result;
  }

  /** Repeats a command that may be refused while a copy is behind, as an operator does. */
  void cellctlUntilDone(Duration within, String... command) throws Exception {
    await(
        String.join(" ", command),
        within,
        () -> {
          CellctlProcess.Result result = cellctl(command);
          return result.exitCode() == 0 || result.err().contains(NOTHING_TO_MOVE);
        });
  }

  /** Waits until the deployment is well again, by its own verdict, without any help. */
  void awaitWell(Duration within) throws Exception {
    await(
        "no operation and every pipeline streaming",
        within,
        () -> {
          CellctlProcess.Result result = cellctl.run(COMMAND, "status", "-o", "json");
          return result.exitCode() == 0 && problems(result.json()).isEmpty();
        });
  }

  /** What `cellctl status` says is wrong: verdicts with their subjects. */
  List<String> problems() throws Exception {
    return problems(cellctl.ok(COMMAND, "status", "-o", "json").json());
  }

  private static List<String> problems(JsonNode status) {
    List<String> problems = new ArrayList<>();
    for (JsonNode verdict : status.path("verdicts")) {
      String severity = verdict.path("severity").asText();
      if (!severity.equals("OK") && !severity.equals("INFO")) {
        problems.add(verdict.path("name").asText() + " " + verdict.path("subject").asText());
      }
      if (verdict.path("name").asText().equals("OPERATION_UNDER_WAY")) {
        problems.add("OPERATION_UNDER_WAY");
      }
    }
    return problems;
  }

  /** The open stranded transactions of all cells. */
  List<JsonNode> strandedOpen() throws Exception {
    List<JsonNode> open = new ArrayList<>();
    for (JsonNode one :
        cellctl.ok(COMMAND, "sync", "stranded", "list", "-o", "json").json().path("items")) {
      if (one.path("state").asText().equals("OPEN")) {
        open.add(one);
      }
    }
    return open;
  }

  /** How many transactions of one cell's own server the other has not executed. */
  long missing(String source, String target) throws Exception {
    String executed;
    try (Connection connection = connection(target)) {
      executed = one(connection, "SELECT @@GLOBAL.gtid_executed");
    }
    try (Connection connection = connection(source)) {
      String lacking =
          one(connection, "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, '%s')".formatted(executed));
      long count = 0;
      Matcher interval = Pattern.compile(":(\\d+)(?:-(\\d+))?").matcher(lacking);
      while (interval.find()) {
        long first = Long.parseLong(interval.group(1));
        count += interval.group(2) == null ? 1 : Long.parseLong(interval.group(2)) - first + 1;
      }
      return count;
    }
  }

  private static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /** Every number in the rows of all stranded transactions: what a loss is named by. */
  Set<String> strandedIds() throws Exception {
    Set<String> ids = new HashSet<>();
    for (String cell : List.of("north-1", "south-1")) {
      try (Connection connection = connection(cell);
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT changes FROM homecell.hc_stranded")) {
        while (row.next()) {
          ids.addAll(List.of(row.getString(1).split("\\D+")));
        }
      }
    }
    return ids;
  }

  Connection connection(String cell) throws SQLException {
    Secrets.Credentials admin = Secrets.read(deployment.secrets()).of(Secrets.Role.ADMIN);
    return DriverManager.getConnection(
        MysqlUrl.of(
            test.topology().cell(cell).mysql(), "", Duration.ofSeconds(2), Duration.ofSeconds(5)),
        admin.user(),
        admin.password());
  }

  void await(String what, Duration within, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + within.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime())
          .as("waited %s for: %s%n%s", within, what, history)
          .isLessThan(deadline);
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    }
  }

  @Override
  public void close() {
    for (long pid : paused) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
    try {
      deployment.stop(StartProgress.SILENT);
    } finally {
      sites.ifPresent(IsolatedSites::close);
    }
  }
}
