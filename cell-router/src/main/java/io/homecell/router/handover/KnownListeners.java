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
 *
 * <p>What it upholds: no connection is accepted before there is a loop to serve it. Vert.x listens
 * first and tells the socket of its first loop then; what is accepted in between it closes (a
 * warning of Netty, "Failed to register an accepted channel", and a reset for the client). So the
 * sockets of {@link #acceptLater} leave connections in the kernel's queue until {@link #accept}.
 */
final class KnownListeners extends EpollTransport implements Transport {
  private final List<EpollServerSocketChannel> made = new CopyOnWriteArrayList<>();
  private volatile boolean later;

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    return domainSocket ? super.serverChannelFactory(true) : this::remembered;
  }

  private EpollServerSocketChannel remembered() {
    EpollServerSocketChannel channel = new EpollServerSocketChannel();
    channel.config().setAutoRead(!later);
    made.add(channel);
    channel.closeFuture().addListener(ignored -> made.remove(channel));
    return channel;
  }

  /** From now on sockets listen only. */
  void acceptLater() {
    later = true;
  }

  /** They accept, those that are made from now on too. */
  void accept() {
    later = false;
    made.forEach(channel -> channel.config().setAutoRead(true));
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
