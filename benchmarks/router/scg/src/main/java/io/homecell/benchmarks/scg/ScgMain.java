package io.homecell.benchmarks.scg;

import java.util.Arrays;
import java.util.UUID;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * Spring Cloud Gateway with the edge's routing: one route for each cell, chosen by a predicate that
 * maps the user's slot to its owner, and a request id given to those that have none.
 */
@SpringBootApplication
public class ScgMain {
  private static final String USER = "X-User-Id";
  private static final String REQUEST = "X-Request-Id";
  private static final int NOBODY = -1;

  /** Starts it; arguments are Spring's. */
  public static void main(String[] args) {
    SpringApplication.run(ScgMain.class, args);
  }

  /**
   * The cells share the slots in equal runs, in the order given.
   *
   * @param cells addresses, such as {@code http://127.0.0.1:8001}
   */
  @Bean
  RouteLocator routes(
      RouteLocatorBuilder builder,
      @Value("${slots}") int slots,
      @Value("${cells}") String[] cells) {
    int[] owners = new int[slots];
    Arrays.setAll(owners, slot -> slot * cells.length / slots);
    RouteLocatorBuilder.Builder routes = builder.routes();
    for (int i = 0; i < cells.length; i++) {
      int cell = i;
      routes.route(
          "cell-" + cell,
          route -> route.predicate(exchange -> owner(exchange, owners) == cell).uri(cells[cell]));
    }
    return routes.build();
  }

  private static int owner(ServerWebExchange exchange, int[] owners) {
    String user = exchange.getRequest().getHeaders().getFirst(USER);
    if (user == null) {
      return NOBODY;
    }
    try {
      return owners[(int) (Long.parseLong(user) & owners.length - 1)];
    } catch (NumberFormatException e) {
      return NOBODY;
    }
  }

  @Bean
  GlobalFilter requestId() {
    return (exchange, chain) -> {
      HttpHeaders headers = exchange.getRequest().getHeaders();
      String given = headers.getFirst(REQUEST);
      String id = given == null ? UUID.randomUUID().toString() : given;
      exchange.getResponse().getHeaders().set(REQUEST, id);
      if (given != null) {
        return chain.filter(exchange);
      }
      ServerHttpRequest named = exchange.getRequest().mutate().header(REQUEST, id).build();
      return chain.filter(exchange.mutate().request(named).build());
    };
  }
}
