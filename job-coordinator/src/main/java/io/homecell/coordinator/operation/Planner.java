package io.homecell.coordinator.operation;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Turns what an operator asks for into moves, or into the reasons why there are none. Pure. */
public final class Planner {
  /**
   * What the planner knows of the world.
   *
   * @param lost the datacenters that are declared lost
   * @param datacenterVersions the version of each datacenter's record
   * @param targetEpochs by cell, the epochs of its fence rows as far as they could be read: a
   *     failover's base, since what it leaves may have counted further than the table says
   */
  public record World(
      Topology topology,
      RouteTable routes,
      Set<String> lost,
      Map<String, Integer> datacenterVersions,
      Map<String, Map<Integer, Long>> targetEpochs) {}

  /** Either a plan or the reasons against any. */
  public record Result(Optional<Plan> plan, List<Refusal> refusals) {
    static Result refused(RefusalName name, String detail, String wayOut) {
      return new Result(Optional.empty(), List.of(new Refusal(name, detail, wayOut)));
    }
  }

  private record Pair(String source, String target) {}

  private final OperationRequest request;
  private final World world;
  private final Topology topology;

  private Planner(OperationRequest request, World world) {
    this.request = request;
    this.world = world;
    this.topology = world.topology();
  }

  /** Plans a request. */
  public static Result plan(OperationRequest request, World world) {
    Planner planner = new Planner(request, world);
    return planner
        .unknownDatacenter()
        .orElseGet(
            () -> request.kind() == Kind.FAILBACK ? planner.failback() : planner.betweenTwo());
  }

  private Optional<Result> unknownDatacenter() {
    for (Optional<String> name : List.of(request.from(), request.to())) {
      if (name.isPresent() && !topology.datacenters().containsKey(name.get())) {
        return Optional.of(
            Result.refused(
                RefusalName.UNKNOWN_DATACENTER,
                "no datacenter is called '" + name.get() + "'",
                "name one of " + topology.datacenters().keySet()));
      }
    }
    return Optional.empty();
  }

  private Result betweenTwo() {
    String from = request.from().orElseThrow();
    Optional<String> chosen = request.to().or(() -> onlyOther(from));
    if (chosen.isEmpty()) {
      return Result.refused(
          RefusalName.TARGET_NOT_NAMED,
          "slots of " + from + " could go to several datacenters or to none that is active",
          "name the datacenter to move to");
    }
    String to = chosen.get();
    if (from.equals(to)) {
      return Result.refused(
          RefusalName.SAME_DATACENTER,
          "from and to are both " + from,
          "name two different datacenters");
    }
    Map<Pair, NavigableMap<Integer, Long>> moves = new LinkedHashMap<>();
    for (Cell cell : topology.cellsIn(from)) {
      List<Integer> chosenSlots = chosenSlots(cell);
      if (chosenSlots.isEmpty()) {
        continue;
      }
      Optional<Cell> peer = topology.peerIn(cell, to);
      if (peer.isEmpty()) {
        return Result.refused(
            RefusalName.NO_PEER,
            cell.name()
                + " owns "
                + chosenSlots.size()
                + " slots and its group has no cell in "
                + to,
            "add a cell of group " + cell.group() + " there, or move to another datacenter");
      }
      NavigableMap<Integer, Long> epochs = new TreeMap<>();
      chosenSlots.forEach(slot -> epochs.put(slot, baseEpoch(slot, peer.get())));
      moves.put(new Pair(cell.name(), peer.get().name()), epochs);
    }
    return result(moves, "datacenter " + from + " owns none of the slots asked for");
  }

  private Optional<String> onlyOther(String from) {
    List<String> others =
        topology.datacenters().keySet().stream()
            .filter(name -> !name.equals(from) && !world.lost().contains(name))
            .toList();
    return others.size() == 1 ? Optional.of(others.get(0)) : Optional.empty();
  }

  private List<Integer> chosenSlots(Cell cell) {
    List<Integer> owned = world.routes().ownedBy(cell.name()).boxed().toList();
    if (request.percent().isPresent()) {
      return owned.subList(0, (owned.size() * request.percent().get() + 99) / 100);
    }
    return owned.stream()
        .filter(slot -> request.slots().map(range -> range.contains(slot)).orElse(true))
        .toList();
  }

  private long baseEpoch(int slot, Cell target) {
    long known = world.routes().of(slot).epoch();
    return request.kind() == Kind.FAILOVER
        ? Math.max(
            known,
            world.targetEpochs().getOrDefault(target.name(), Map.of()).getOrDefault(slot, 0L))
        : known;
  }

  private Result failback() {
    Map<Pair, NavigableMap<Integer, Long>> moves = new LinkedHashMap<>();
    for (int slot = 0; slot < topology.slots().count(); slot++) {
      Cell home = topology.homeOf(slot);
      String owner = world.routes().of(slot).owner();
      boolean asked =
          request.to().map(home.datacenter()::equals).orElse(true)
              && request.from().map(topology.cell(owner).datacenter()::equals).orElse(true)
              && (request.slots().isEmpty() || request.slots().get().contains(slot));
      if (asked && !owner.equals(home.name())) {
        moves
            .computeIfAbsent(new Pair(owner, home.name()), pair -> new TreeMap<>())
            .put(slot, world.routes().of(slot).epoch());
      }
    }
    request.percent().ifPresent(part -> moves.values().forEach(slots -> keep(slots, part)));
    return result(moves, "every slot is at its home");
  }

  private static void keep(NavigableMap<Integer, Long> slots, int percent) {
    int kept = (slots.size() * percent + 99) / 100;
    List<Integer> all = new ArrayList<>(slots.keySet());
    all.subList(kept, all.size()).forEach(slots::remove);
  }

  private Result result(Map<Pair, NavigableMap<Integer, Long>> slotsByPair, String ifNone) {
    if (slotsByPair.isEmpty()) {
      return Result.refused(RefusalName.NOTHING_TO_MOVE, ifNone, "see `cellctl routes`");
    }
    List<Move> moves = new ArrayList<>();
    slotsByPair.forEach(
        (pair, epochs) ->
            moves.add(
                new Move(
                    pair.source(),
                    topology.cell(pair.source()).datacenter(),
                    pair.target(),
                    topology.cell(pair.target()).datacenter(),
                    SlotRun.gather(epochs))));
    List<String> markActive =
        request.kind() == Kind.FAILBACK
            ? moves.stream()
                .map(Move::targetDatacenter)
                .distinct()
                .filter(world.lost()::contains)
                .toList()
            : List.of();
    String from = moves.stream().map(Move::sourceDatacenter).distinct().collect(joined());
    Optional<WaveSizes> sizes = request.waves();
    int slots = moves.stream().mapToInt(Move::size).sum();
    Optional<Refusal> unwaved = sizes.flatMap(asked -> asked.problem(slots));
    if (unwaved.isPresent()) {
      return new Result(Optional.empty(), List.of(unwaved.get()));
    }
    int version = world.datacenterVersions().getOrDefault(from, -1);
    return new Result(
        Optional.of(
            new Plan(
                from,
                moves.stream().map(Move::targetDatacenter).distinct().collect(joined()),
                moves,
                world.routes().epoch(),
                version,
                markActive,
                sizes.map(
                    asked -> Waves.planned(WaveCut.cut(moves, asked.ends(slots)), asked.watch())))),
        List.of());
  }

  private static java.util.stream.Collector<CharSequence, ?, String> joined() {
    return Collectors.joining(",");
  }
}
