package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.homecell.core.http.CellHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The configuration of docs/envoy.md by Envoy's own definitions, and by the names that the router
 * has. No Envoy runs here.
 */
class EnvoyDocumentTest {
  private static final Path HEADERS =
      Path.of("..", "cell-core/src/main/java/io/homecell/core/http/CellHeaders.java");

  @Test
  void envoyKnowsEachFieldAndHasDeprecatedNone() throws Exception {
    EnvoyDocument document = EnvoyDocument.read();
    for (Message message :
        List.of(document.bootstrap(), document.manager(), document.mutations(), document.authz())) {
      assertThat(deprecated(message)).isEmpty();
    }
  }

  private static Set<String> deprecated(Message message) {
    Set<String> found = new TreeSet<>();
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      if (field.getKey().getOptions().getDeprecated()) {
        found.add(field.getKey().getFullName());
      }
      List<?> values = field.getValue() instanceof List<?> list ? list : List.of(field.getValue());
      for (Object value : values) {
        if (value instanceof Message inner) {
          found.addAll(deprecated(inner));
        }
      }
    }
    return found;
  }

  /** So that the other tests here can fail. */
  @ParameterizedTest
  @CsvSource({
    "use_http_header: true,   use_http_headers: true",
    "port_value: 8080,        port_value: eighty",
    "type: ORIGINAL_DST,      type: ORIGINAL",
    "timeout: 1s,             timeout: 1 second",
    "allowed_client_headers:, allowed_clients_headers:",
    "ServiceUnavailable,      NoService",
    "http.router.v3.Router,   http.router.v3.Routers",
  })
  void whatEnvoyDoesNotKnowIsFound(String right, String wrong) throws Exception {
    String text = EnvoyDocument.text();
    assertThat(text).contains(right);
    assertThatThrownBy(() -> EnvoyDocument.parse(text.replace(right, wrong)))
        .isInstanceOf(InvalidProtocolBufferException.class);
  }

  @Test
  void eachClusterThatIsNamedIsThere() throws Exception {
    EnvoyDocument document = EnvoyDocument.read();
    Map<String, Cluster> clusters =
        document.bootstrap().getStaticResources().getClustersList().stream()
            .collect(Collectors.toMap(Cluster::getName, cluster -> cluster));
    String owner =
        document.manager().getRouteConfig().getVirtualHosts(0).getRoutes(0).getRoute().getCluster();
    String owners = document.authz().getHttpService().getServerUri().getCluster();
    assertThat(clusters).containsOnlyKeys(owner, owners);

    Cluster.OriginalDstLbConfig byHeader = clusters.get(owner).getOriginalDstLbConfig();
    assertThat(clusters.get(owner).getType()).isEqualTo(Cluster.DiscoveryType.ORIGINAL_DST);
    assertThat(clusters.get(owner).getLbPolicy()).isEqualTo(Cluster.LbPolicy.CLUSTER_PROVIDED);
    assertThat(byHeader.getUseHttpHeader()).isTrue();
    assertThat(byHeader.getHttpHeaderName()).isEqualToIgnoringCase(OwnerEndpoint.UPSTREAM);

    Cluster asked = clusters.get(owners);
    SocketAddress address =
        asked
            .getLoadAssignment()
            .getEndpoints(0)
            .getLbEndpoints(0)
            .getEndpoint()
            .getAddress()
            .getSocketAddress();
    assertThat(asked.getLoadAssignment().getClusterName()).isEqualTo(owners);
    assertThat(document.authz().getHttpService().getServerUri().getUri())
        .isEqualTo("http://" + address.getAddress() + ":" + address.getPortValue());
  }

  @Test
  void theFiltersAreInTheOrderThatKeepsClientsFromSpeakingAsTheEdge() throws Exception {
    EnvoyDocument document = EnvoyDocument.read();
    assertThat(document.manager().getHttpFiltersList())
        .extracting(HttpFilter::getName)
        .containsExactly(
            "envoy.filters.http.header_mutation",
            "envoy.filters.http.ext_authz",
            "envoy.filters.http.router");
    assertThat(document.authz().getFailureModeAllow()).isFalse();
  }

  @Test
  void noInternalHeaderPasses() throws Exception {
    EnvoyDocument document = EnvoyDocument.read();
    Set<String> internal = internalHeaders();
    assertThat(internal).contains("cell-user", "cell-near", "cell-hop-key", "cell-upstream");
    assertThat(document.removedFromRequests()).containsExactlyInAnyOrderElementsOf(internal);
    internal.remove(CellHeaders.SERVED_BY.toLowerCase(Locale.ROOT));
    assertThat(document.removedFromAnswers()).containsExactlyInAnyOrderElementsOf(internal);
  }

  /** From the sources, so that one that is added is not forgotten. */
  private static Set<String> internalHeaders() throws Exception {
    Pattern constant = Pattern.compile("\"(" + CellHeaders.PREFIX + "[A-Za-z-]+)\"");
    Set<String> names =
        constant
            .matcher(Files.readString(HEADERS))
            .results()
            .map((MatchResult found) -> found.group(1).toLowerCase(Locale.ROOT))
            .collect(Collectors.toCollection(TreeSet::new));
    for (String name : List.of(HeaderRules.HOP_KEY, OwnerEndpoint.UPSTREAM, OwnerEndpoint.OWNER)) {
      names.add(name.toLowerCase(Locale.ROOT));
    }
    return names;
  }

  @Test
  void theRouterServesThePathAndSaysTheHeadersThatAreTakenFromItsAnswer() throws Exception {
    EnvoyDocument document = EnvoyDocument.read();
    assertThat(document.authz().getHttpService().getPathPrefix())
        .isEqualTo(OwnerEndpoint.ENVOY_FALLBACK)
        .startsWith(OwnerEndpoint.ENVOY);
    assertThat(
            exactly(
                document
                    .authz()
                    .getHttpService()
                    .getAuthorizationResponse()
                    .getAllowedUpstreamHeaders()))
        .containsExactlyInAnyOrder(
            OwnerEndpoint.UPSTREAM.toLowerCase(Locale.ROOT),
            CellHeaders.USER.toLowerCase(Locale.ROOT));
    assertThat(exactly(document.authz().getAllowedHeaders())).contains("x-user-id", "cookie");
  }

  private static List<String> exactly(ListStringMatcher list) {
    return list.getPatternsList().stream().map(StringMatcher::getExact).toList();
  }
}
