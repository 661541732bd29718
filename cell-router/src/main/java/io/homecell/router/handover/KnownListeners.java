package io.homecell.router.handover;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.vertx.core.impl.transports.EpollTransport;
import io.vertx.core.transport.Transport;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The native transport, which remembers the listening sockets it made: Vert.x gives nobody a way to
 * them. Safe for any number of threads.
 */
final class KnownListeners extends EpollTransport implements Transport {
  private final List<EpollServerSocketChannel> made = new CopyOnWriteArrayList<>();

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    return domainSocket ? super.serverChannelFactory(true) : this::remembered;
  }

  private EpollServerSocketChannel remembered() {
    EpollServerSocketChannel channel = new EpollServerSocketChannel();
    made.add(channel);
    channel.closeFuture().addListener(ignored -> made.remove(channel));
    return channel;
  }

  /** The socket that listens at a port. */
  Optional<EpollServerSocketChannel> at(int port) {
    return made.stream()
        .filter(Channel::isActive)
        .filter(channel -> portOf(channel.localAddress()) == port)
        .findFirst();
  }

  private static int portOf(InetSocketAddress address) {
    return address == null ? -1 : address.getPort();
  }

  @Override
  public String name() {
    return "epoll";
  }

  @Override
  public boolean available() {
    return isAvailable();
  }

  @Override
  public io.vertx.core.spi.transport.Transport implementation() {
    return this;
  }
}
