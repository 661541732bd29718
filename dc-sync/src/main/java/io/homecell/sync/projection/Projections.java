package io.homecell.sync.projection;

import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.registry.InstanceDirectory;
import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;

/** The merchant projections of the cells of one datacenter. */
public final class Projections implements AutoCloseable {
  private final Map<String, MerchantProjection> byCell = new LinkedHashMap<>();
  private final List<FencedDatabase> databases = new ArrayList<>();
  private final InstanceDirectory directory;

  private Projections(InstanceDirectory directory) {
    this.directory = directory;
  }

  /**
   * Starts one projection for each cell of a datacenter.
   *
   * @param registry a client of the datacenter's registry, where the Canal servers are found
   * @param application the credentials of the application role: the projection writes through the
   *     fence like every application
   */
  public static Projections start(
      Topology topology,
      String datacenter,
      Routes routes,
      CuratorFramework registry,
      Credentials application,
      MeterRegistry metrics) {
    Projections projections = new Projections(InstanceDirectory.start(registry, "canal"));
    for (Topology.Cell cell : topology.cellsIn(datacenter)) {
      FencedDatabase database =
          MysqlFencedDatabase.open(cell, "trade", application, routes, metrics);
      projections.databases.add(database);
      projections.byCell.put(
          cell.name(),
          MerchantProjection.start(cell.name(), routes, database, projections.directory, metrics));
    }
    return projections;
  }

  /** What each cell's projection does now. */
  public Map<String, String> states() {
    Map<String, String> states = new LinkedHashMap<>();
    byCell.forEach((cell, projection) -> states.put(cell, projection.state()));
    return states;
  }

  @Override
  public void close() {
    byCell.values().forEach(MerchantProjection::close);
    databases.forEach(FencedDatabase::close);
    directory.close();
  }
}
