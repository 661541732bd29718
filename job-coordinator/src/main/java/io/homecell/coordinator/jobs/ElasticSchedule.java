package io.homecell.coordinator.jobs;

import io.homecell.core.topology.Topology;
import org.apache.shardingsphere.elasticjob.api.JobConfiguration;
import org.apache.shardingsphere.elasticjob.lite.api.bootstrap.impl.ScheduleJobBootstrap;
import org.apache.shardingsphere.elasticjob.reg.zookeeper.ZookeeperConfiguration;
import org.apache.shardingsphere.elasticjob.reg.zookeeper.ZookeeperRegistryCenter;
import org.apache.shardingsphere.elasticjob.simple.job.SimpleJob;

/**
 * ElasticJob's part: it triggers a unit in one of the coordinators of the owning datacenter.
 *
 * <p>It exists only while this process's datacenter owns the unit, in a registry namespace of that
 * ownership's epoch: strategies and flags inside one namespace do not keep the other side from
 * running. A trigger is a hint: what runs is decided by records and lease, so one too many or one
 * missed does no harm; failover and misfire are off for the same reason.
 */
final class ElasticSchedule implements AutoCloseable {
  private final ZookeeperRegistryCenter registry;
  private final ScheduleJobBootstrap bootstrap;

  private ElasticSchedule(ZookeeperRegistryCenter registry, ScheduleJobBootstrap bootstrap) {
    this.registry = registry;
    this.bootstrap = bootstrap;
  }

  /**
   * Starts triggering.
   *
   * @param datacenter part of the name: ElasticJob knows jobs by name within a JVM
   * @param trigger called on ElasticJob's threads
   */
  static ElasticSchedule start(
      Topology topology, JobUnit unit, String datacenter, long epoch, Runnable trigger) {
    String name = unit.name() + "." + datacenter;
    ZookeeperConfiguration zookeeper =
        new ZookeeperConfiguration(
            topology.coordination().zookeeper(), "homecell/elasticjob/" + name + "/" + epoch);
    zookeeper.setSessionTimeoutMilliseconds(
        (int) topology.coordination().sessionTimeout().toMillis());
    ZookeeperRegistryCenter registry = new ZookeeperRegistryCenter(zookeeper);
    registry.init();
    try {
      SimpleJob job = context -> trigger.run();
      ScheduleJobBootstrap bootstrap =
          new ScheduleJobBootstrap(
              registry,
              job,
              JobConfiguration.newBuilder(name, 1)
                  .cron(unit.job().cron())
                  .timeZone("GMT+00:00")
                  .failover(false)
                  .monitorExecution(true)
                  .misfire(false)
                  .overwrite(true)
                  .build());
      bootstrap.schedule();
      return new ElasticSchedule(registry, bootstrap);
    } catch (RuntimeException e) {
      registry.close();
      throw e;
    }
  }

  /** Returns while a run may still go on: the caller counts runs itself. */
  @Override
  public void close() {
    try {
      bootstrap.shutdown();
    } finally {
      // ElasticJob's hook at the end of the JVM asks it again, and an open one would try for long.
      registry.close();
    }
  }
}
