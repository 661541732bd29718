package io.homecell.router.link;

import io.homecell.router.tls.TlsCredentials;
import io.homecell.router.tls.TlsFiles;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * How this router proves its datacenter to other routers, and judges theirs: as its files say now.
 * Replaced as a whole. Safe for any number of threads.
 */
final class PeerTls {
  private static final List<String> HTTP2_ONLY = List.of("h2");

  private record Loaded(
      TlsCredentials credentials, ServerSSLOptions server, Map<String, ClientSSLOptions> clients) {}

  private final TlsFiles files;
  private final String datacenter;
  private final List<String> others;
  private final Vertx vertx;
  private final Clock clock;
  private String seen;
  private String read;
  private volatile boolean refused;
  private volatile Loaded loaded;

  /**
   * Reads the files.
   *
   * @param datacenter this router's
   * @throws IllegalArgumentException if they can't be used, or are those of somebody else
   */
  PeerTls(TlsFiles files, String datacenter, Set<String> others, Vertx vertx, Clock clock) {
    this.files = files;
    this.datacenter = datacenter;
    this.others = List.copyOf(others);
    this.vertx = vertx;
    this.clock = clock;
    this.read = files.fingerprint();
    this.seen = read;
    this.loaded = load();
  }

  private Loaded load() {
    TlsCredentials read = files.read(clock);
    X509Certificate own = read.certificate();
    if (PeerName.datacenter(own, List.of(datacenter)).isEmpty()) {
      throw new IllegalArgumentException(
          files.certificate()
              + ": names "
              + PeerName.in(own)
              + " (expected: "
              + PeerName.of(datacenter)
              + ", else no other router would believe this one)");
    }
    ServerSSLOptions server = read.server(HTTP2_ONLY);
    X509ExtendedTrustManager authorities = authorities(server.getTrustOptions());
    server.setTrustOptions(TrustOptions.wrap(new PeerTrust(authorities, others)));
    Map<String, ClientSSLOptions> clients = new HashMap<>();
    for (String other : others) {
      ClientSSLOptions client = read.client(HTTP2_ONLY);
      // PeerTrust is stricter than what is switched off here, and says better what is wrong.
      client.setHostnameVerificationAlgorithm("");
      client.setTrustOptions(TrustOptions.wrap(new PeerTrust(authorities, List.of(other))));
      clients.put(other, client);
    }
    return new Loaded(read, server, clients);
  }

  private X509ExtendedTrustManager authorities(TrustOptions trust) {
    try {
      for (TrustManager one : trust.getTrustManagerFactory(vertx).getTrustManagers()) {
        if (one instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
    } catch (Exception e) {
      throw new IllegalArgumentException(files.authorities() + ": can't be used: " + e, e);
    }
    throw new IllegalStateException("the JDK has no trust manager for X.509");
  }

  /** Who this router says that it is. */
  TlsCredentials credentials() {
    return loaded.credentials;
  }

  ServerSSLOptions server() {
    return loaded.server.copy();
  }

  ClientSSLOptions client(String peer) {
    return Objects.requireNonNull(loaded.clients.get(peer), peer).copy();
  }

  /**
   * Reads the files if they are others than before, and not just being written: they are the same
   * at two looks. Blocks; one thread at a time.
   *
   * @return whether something else holds now
   * @throws IllegalArgumentException if they can't be used; what held before goes on to hold
   */
  synchronized boolean reread() {
    String now = files.fingerprint();
    boolean settled = now.equals(seen);
    seen = now;
    if (!settled || now.equals(read)) {
      return false;
    }
    // Taken first: what is written while they are read is a change of its own.
    read = now;
    refused = true;
    Loaded next = load();
    refused = false;
    boolean changed = !next.credentials.equals(loaded.credentials);
    loaded = next;
    return changed;
  }

  /** Whether the files say what can't be used. */
  boolean isRefused() {
    return refused;
  }
}
