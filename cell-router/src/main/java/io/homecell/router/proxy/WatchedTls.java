package io.homecell.router.proxy;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/**
 * The JDK's TLS, as Vert.x takes it unless told otherwise, that tells of each connection as it is
 * accepted. Vert.x itself tells of one only when its first frame of HTTP/2 was read, which may be
 * never. Safe for any number of threads, if who is told is.
 */
final class WatchedTls extends JdkSSLEngineOptions {
  private final Consumer<SslHandler> accepted;

  /**
   * @param accepted told of each connection's TLS, on its event loop, before the handshake
   */
  WatchedTls(Consumer<SslHandler> accepted) {
    this.accepted = accepted;
  }

  @Override
  public SslContextFactory sslContextFactory() {
    return new Watched(super.sslContextFactory());
  }

  private final class Watched implements SslContextFactory {
    private final SslContextFactory inner;

    Watched(SslContextFactory inner) {
      this.inner = inner;
    }

    @Override
    public SslContext create() throws SSLException {
      return new DelegatingSslContext(inner.create()) {
        @Override
        protected void initEngine(SSLEngine engine) {}

        @Override
        protected void initHandler(SslHandler handler) {
          accepted.accept(handler);
        }
      };
    }

    @Override
    public SslContextFactory useAlpn(boolean use) {
      inner.useAlpn(use);
      return this;
    }

    @Override
    public SslContextFactory forServer(ClientAuth auth) {
      inner.forServer(auth);
      return this;
    }

    @Override
    public SslContextFactory enabledProtocols(Set<String> protocols) {
      inner.enabledProtocols(protocols);
      return this;
    }

    @Override
    public SslContextFactory keyMananagerFactory(KeyManagerFactory keys) {
      inner.keyMananagerFactory(keys);
      return this;
    }

    @Override
    public SslContextFactory trustManagerFactory(TrustManagerFactory trust) {
      inner.trustManagerFactory(trust);
      return this;
    }

    @Override
    public SslContextFactory enabledCipherSuites(Set<String> suites) {
      inner.enabledCipherSuites(suites);
      return this;
    }

    @Override
    public SslContextFactory applicationProtocols(List<String> protocols) {
      inner.applicationProtocols(protocols);
      return this;
    }
  }
}
