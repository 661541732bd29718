package io.homecell.canal;

import com.alibaba.otter.canal.instance.core.CanalInstance;
import com.alibaba.otter.canal.instance.manager.CanalInstanceWithManager;
import com.alibaba.otter.canal.instance.manager.model.Canal;
import com.alibaba.otter.canal.instance.manager.model.CanalParameter;
import com.alibaba.otter.canal.server.embedded.CanalServerWithEmbedded;
import com.alibaba.otter.canal.server.netty.CanalServerWithNetty;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Serves the row changes of one cell's MySQL over Canal's protocol; the destination is the cell's
 * name. The position is a GTID set: Canal keeps the set that its client has acknowledged in a file
 * of the data folder (written each second) and goes on from there. Without that file it starts at
 * the set given, so a client must not rely on it alone for what happened before (the merchant
 * projection compares the tables at each start).
 *
 * <p>Canal keeps its servers in static singletons: one instance in a JVM.
 */
final class CellBinlogServer implements AutoCloseable {
  private static final long SLAVE_ID_BASE = 40_000;

  private final CanalServerWithEmbedded embedded;
  private final CanalServerWithNetty network;

  private CellBinlogServer(CanalServerWithEmbedded embedded, CanalServerWithNetty network) {
    this.embedded = embedded;
    this.network = network;
  }

  /**
   * Starts serving.
   *
   * @param startGtids where to start when the data folder holds no position
   * @param tables Canal's filter: regular expressions of {@code schema.table}, joined by commas
   */
  static CellBinlogServer start(
      Topology.Cell cell,
      Credentials replication,
      String host,
      int port,
      Path data,
      String startGtids,
      String tables) {
    Canal canal = new Canal();
    canal.setId(1L);
    canal.setName(cell.name());
    canal.setCanalParameter(parametersOf(cell, replication, data, startGtids));

    CanalServerWithEmbedded embedded = CanalServerWithEmbedded.instance();
    Map<String, CanalInstance> started = new java.util.concurrent.ConcurrentHashMap<>();
    embedded.setCanalInstanceGenerator(
        destination -> {
          if (!destination.equals(cell.name())) {
            throw new IllegalArgumentException(
                "destination: '" + destination + "' (expected: '" + cell.name() + "')");
          }
          return started.computeIfAbsent(
              destination, name -> new CanalInstanceWithManager(canal, tables));
        });
    embedded.start();
    embedded.start(cell.name());

    CanalServerWithNetty network = CanalServerWithNetty.instance();
    network.setEmbeddedServer(embedded);
    network.setIp(host);
    network.setPort(port);
    network.start();
    return new CellBinlogServer(embedded, network);
  }

  private static CanalParameter parametersOf(
      Topology.Cell cell, Credentials replication, Path data, String startGtids) {
    CanalParameter parameters = new CanalParameter();
    parameters.setDataDir(data.toString());
    parameters.setMetaMode(CanalParameter.MetaMode.LOCAL_FILE);
    parameters.setMetaFileFlushPeriod(1_000);
    parameters.setIndexMode(CanalParameter.IndexMode.MEMORY_META_FAILBACK);
    parameters.setStorageMode(CanalParameter.StorageMode.MEMORY);
    parameters.setMemoryStorageBufferSize(4 * 1024);
    parameters.setSourcingType(CanalParameter.SourcingType.MYSQL);
    parameters.setHaMode(CanalParameter.HAMode.HEARTBEAT);
    InetSocketAddress mysql = new InetSocketAddress(cell.mysql().host(), cell.mysql().port());
    parameters.setDbAddresses(List.of(mysql));
    parameters.setGroupDbAddresses(
        List.of(
            List.of(new CanalParameter.DataSourcing(CanalParameter.SourcingType.MYSQL, mysql))));
    parameters.setDbUsername(replication.user());
    parameters.setDbPassword(replication.password());
    parameters.setDefaultDatabaseName("");
    parameters.setSlaveId(SLAVE_ID_BASE + cell.mysql().port());
    parameters.setConnectionCharset("UTF-8");
    parameters.setDetectingEnable(true);
    parameters.setDetectingSQL("SELECT 1");
    parameters.setGtidEnable(true);
    parameters.setTsdbEnable(false);
    parameters.setParallel(false);
    parameters.setDdlIsolation(false);
    parameters.setFilterTableError(false);
    parameters.setPositions(
        List.of("{\"journalName\":\"\",\"position\":4,\"gtid\":\"" + startGtids + "\"}"));
    return parameters;
  }

  @Override
  public void close() {
    network.stop();
    embedded.stop();
  }
}
