package io.homecell.cellctl;

import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.local.LocalDeployment;
import io.homecell.local.LocalStartException;
import io.homecell.local.ProjectTree;
import io.homecell.local.RunningPart;
import io.homecell.local.StateFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that every command has: which deployment it is about, and how it answers. */
public final class Target {
  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = {"-f", "--topology"},
      paramLabel = "FILE",
      description =
          "The topology; that of the running local deployment if not given, else ./topology.yaml of the project.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The folder of the local deployment; HOMECELL_HOME_DATA if not given, else .homecell of the project.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (the default) or json.",
      defaultValue = "table",
      converter = FormatOption.class)
  private Format format = Format.TABLE;

  /** Where results go. */
  public PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Where progress and questions go. */
  public PrintWriter err() {
    return spec.commandLine().getErr();
  }

  public boolean isJson() {
    return format == Format.JSON;
  }

  /** Writes a value as indented JSON. */
  public void printJson(Object value) {
    try {
      out().println(Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(value));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException("can't be written as JSON: " + value.getClass(), e);
    }
  }

  /** The local deployment's folder. */
  public Path home() {
    return data.or(
            () ->
                Optional.ofNullable(System.getenv("HOMECELL_HOME_DATA"))
                    .filter(value -> !value.isBlank())
                    .map(Path::of))
        .map(Path::toAbsolutePath)
        .map(Path::normalize)
        .orElseGet(() -> ProjectTree.find().root().resolve(".homecell"));
  }

  /** The processes that a local deployment has started; none without one. */
  public List<RunningPart> localProcesses() {
    return StateFile.processesIn(LocalDeployment.stateFile(home()));
  }

  public Path topologyFile() {
    return file.map(Path::toAbsolutePath)
        .or(() -> runningTopology())
        .orElseGet(() -> ProjectTree.find().root().resolve("topology.yaml"));
  }

  private Optional<Path> runningTopology() {
    try {
      return localProcesses().isEmpty()
          ? Optional.empty()
          : StateFile.topologyIn(LocalDeployment.stateFile(home()));
    } catch (LocalStartException unreadable) {
      return Optional.empty();
    }
  }

  /**
   * Reads the topology.
   *
   * @throws io.homecell.core.topology.TopologyException with everything that is wrong with it
   */
  public Topology topology() {
    return TopologyFile.read(topologyFile());
  }

  /** Reads {@code table} or {@code json}. */
  static final class FormatOption implements picocli.CommandLine.ITypeConverter<Format> {
    @Override
    public Format convert(String value) {
      return switch (value) {
        case "table" -> Format.TABLE;
        case "json" -> Format.JSON;
        default ->
            throw new picocli.CommandLine.TypeConversionException(
                "'" + value + "' (expected: table or json)");
      };
    }
  }
}
