package io.homecell.router.proxy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The configuration of docs/envoy.md, in Envoy's own messages. An Envoy reads a file in the same
 * way: by the names of its protobuf fields, refusing any that it does not know.
 *
 * @param bootstrap the whole of it
 * @param manager the one connection manager, with the filters in their order
 * @param mutations what its first filter takes out
 * @param authz what it asks of the router
 */
public record EnvoyDocument(
    Bootstrap bootstrap, HttpConnectionManager manager, Mutations mutations, ExtAuthz authz) {
  private static final Path DOCUMENT = Path.of("..", "docs", "envoy.md");
  private static final Pattern CONFIGURATION = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  private static final JsonFormat.TypeRegistry TYPES =
      JsonFormat.TypeRegistry.newBuilder()
          .add(HttpConnectionManager.getDescriptor())
          .add(
              io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                  .getDescriptor())
          .add(ExtAuthz.getDescriptor())
          .add(Router.getDescriptor())
          .build();

  /** The text between the fences. */
  static String text() throws IOException {
    Matcher block = CONFIGURATION.matcher(Files.readString(DOCUMENT));
    if (!block.find()) {
      throw new IllegalStateException(DOCUMENT + ": no block of yaml (expected: one)");
    }
    return block.group(1);
  }

  /** As it is in the document. */
  public static EnvoyDocument read() throws IOException {
    return parse(text());
  }

  /**
   * Reads a configuration with a listener, one chain and one filter in it.
   *
   * @throws InvalidProtocolBufferException if Envoy knows no such field, type or value
   */
  static EnvoyDocument parse(String yaml) throws InvalidProtocolBufferException {
    Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
    Bootstrap.Builder bootstrap = Bootstrap.newBuilder();
    JsonFormat.parser().usingTypeRegistry(TYPES).merge(Json.write(tree), bootstrap);
    HttpConnectionManager manager =
        bootstrap
            .getStaticResources()
            .getListeners(0)
            .getFilterChains(0)
            .getFilters(0)
            .getTypedConfig()
            .unpack(HttpConnectionManager.class);
    return new EnvoyDocument(
        bootstrap.build(),
        manager,
        manager
            .getHttpFilters(0)
            .getTypedConfig()
            .unpack(
                io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation.class)
            .getMutations(),
        manager.getHttpFilters(1).getTypedConfig().unpack(ExtAuthz.class));
  }

  /** What is removed from requests before anything else is done. */
  public List<String> removedFromRequests() {
    return names(mutations.getRequestMutationsList());
  }

  /** What is removed from answers, last of all. */
  public List<String> removedFromAnswers() {
    return names(mutations.getResponseMutationsList());
  }

  private static List<String> names(List<HeaderMutation> mutations) {
    return mutations.stream().map(HeaderMutation::getRemove).toList();
  }
}
