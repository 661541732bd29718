package io.homecell.core.rpc;

import io.homecell.core.topology.Topology;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.dubbo.common.constants.CommonConstants;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.MetricsConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.rpc.model.ApplicationModel;
import org.apache.dubbo.rpc.model.FrameworkModel;

/** What providers and consumers set up alike: Dubbo's models, applications and registries. */
final class DubboParts {
  /** Where Dubbo's nodes are below a datacenter's registry path. */
  private static final String REGISTRY_GROUP = "/dubbo";

  private static final Duration REGISTRY_CONNECT = Duration.ofSeconds(3);

  private DubboParts() {}

  /** An application in a framework model of its own: nothing is shared between two in one JVM. */
  static ApplicationModel application(String name, Path data) {
    // read once by the JVM: the caches of two processes must not be the same files
    System.setProperty("dubbo.meta.cache.filePath", data.resolve("dubbo").toString());
    System.setProperty("dubbo.mapping.cache.filePath", data.resolve("dubbo").toString());
    System.setProperty("dubbo.application.logger", "slf4j");
    FrameworkModel framework = new FrameworkModel();
    ApplicationModel model = framework.newApplication();
    // a framework model whose last application ends closes the ports of every other one in the JVM
    framework.newApplication();
    model
        .modelEnvironment()
        .updateAppConfigMap(
            Map.of(
                CommonConstants.IGNORE_LISTEN_SHUTDOWN_HOOK,
                "true",
                CommonConstants.SHUTDOWN_WAIT_KEY,
                "1000",
                "migration.step",
                "FORCE_INTERFACE"));
    ApplicationConfig application = new ApplicationConfig(model, name);
    application.setQosEnable(false);
    application.setRegisterMode("interface");
    application.setEnableFileCache(false);
    application.setMetadataType("local");
    application.setLogger("slf4j");
    application.setParameters(Map.of("migration.step", "FORCE_INTERFACE"));
    model.getApplicationConfigManager().setApplication(application);
    // of all kinds this is the one whose parts we lack, so Dubbo keeps no metrics of its own
    MetricsConfig metrics = new MetricsConfig(model);
    metrics.setProtocol("prometheus");
    // else a client, too, opens a port for them, on all interfaces
    metrics.setExportMetricsService(false);
    model.getApplicationConfigManager().setMetrics(metrics);
    return model;
  }

  /** A datacenter's registry: Dubbo's nodes go below the path that its connect string names. */
  static RegistryConfig registry(
      ApplicationModel model, Topology.Datacenter datacenter, Duration sessionTimeout, Path data) {
    String connect = datacenter.registry();
    int slash = connect.indexOf('/');
    String hosts = slash < 0 ? connect : connect.substring(0, slash);
    String path = slash < 0 ? "" : connect.substring(slash);
    int comma = hosts.indexOf(',');
    String address =
        comma < 0
            ? "zookeeper://" + hosts
            : "zookeeper://" + hosts.substring(0, comma) + "?backup=" + hosts.substring(comma + 1);
    RegistryConfig registry = new RegistryConfig(model, address);
    registry.setId(datacenter.name());
    registry.setGroup(path + REGISTRY_GROUP);
    registry.setTimeout((int) REGISTRY_CONNECT.toMillis());
    registry.setSession((int) sessionTimeout.toMillis());
    registry.setCheck(false);
    registry.setUseAsConfigCenter(false);
    registry.setUseAsMetadataCenter(false);
    registry.setRegisterMode("interface");
    registry.setFile(data.resolve("dubbo").resolve(datacenter.name() + ".registry").toString());
    return registry;
  }

  /**
   * The address to give to Dubbo. It refuses a loopback address for its own and binds all
   * interfaces instead, judging by the spelling; so a loopback address is spelled as the number
   * that it is.
   *
   * @throws IllegalArgumentException if the host is not an address or a known name
   */
  static String address(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (address.isLoopbackAddress() && address instanceof Inet4Address) {
        return Integer.toUnsignedString(ByteBuffer.wrap(address.getAddress()).getInt());
      }
      return address.getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "host: '" + host + "' (expected: an address of this machine)", e);
    }
  }
}
