package io.homecell.core.topology;

import java.util.Optional;

/** How a service is spread over the datacenters. */
public sealed interface Service {
  String name();

  /** What the edge speaks to its instances. */
  Upstream upstream();

  /** Sharded by slot. */
  record Unit(String name, Upstream upstream) implements Service {
    /** Spoken to as usual. */
    public Unit(String name) {
      this(name, Upstream.USUAL);
    }
  }

  /**
   * Written in one center datacenter, readable everywhere. Its tables are in the schema of its
   * name, and have no slot.
   */
  record Copy(String name, String center, Upstream upstream) implements Service {
    /** Spoken to as usual. */
    public Copy(String name, String center) {
      this(name, center, Upstream.USUAL);
    }
  }

  /** Served by exactly one datacenter. */
  record Center(String name, String datacenter, Optional<String> onFailover, Upstream upstream)
      implements Service {
    /** Spoken to as usual. */
    public Center(String name, String datacenter, Optional<String> onFailover) {
      this(name, datacenter, onFailover, Upstream.USUAL);
    }
  }

  /** What the edge speaks to the instances of a service. */
  enum Upstream {
    /** One request at a time on a connection. */
    HTTP_1_1("http/1.1"),
    /** HTTP/2 without TLS, from the first byte on: many requests at once, and gRPC. */
    H2C("h2c");

    /** Where nothing is said. */
    public static final Upstream USUAL = HTTP_1_1;

    private final String word;

    Upstream(String word) {
      this.word = word;
    }

    /** As the file has it. */
    public String word() {
      return word;
    }

    /**
     * The one of a word.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Upstream of(String word) {
      for (Upstream each : values()) {
        if (each.word.equals(word)) {
          return each;
        }
      }
      throw new IllegalArgumentException("'" + word + "' (allowed: http/1.1, h2c)");
    }
  }
}
