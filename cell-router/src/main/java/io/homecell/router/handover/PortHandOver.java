package io.homecell.router.handover;

import io.homecell.core.topology.Topology;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a port over from a router that serves it, without a lost connection.
 *
 * <p>Both listen at the same address (SO_REUSEPORT), and the kernel would spread new connections
 * over both. Closing a listener resets the connections that wait in its queue, so the older one's
 * must be empty by then: the newer one tells the kernel, by a filter of one instruction on the
 * group of sockets, to give it every new connection. The older accepts what it had been given, for
 * as long as its farewell takes, and closes an empty queue. If the newer one dies meanwhile, the
 * filter points at nobody and the kernel falls back to the older.
 *
 * <p>What it upholds: a second router without {@link PortClaim#TAKE_OVER} does not start; there are
 * never more than two in a group, so the newer is always the second in it. Idea: the reuseport
 * filters of Linux 4.6, and what "TCP SYN migration" (Linux 5.14) was made for.
 */
public final class PortHandOver {
  private static final Logger log = LoggerFactory.getLogger(PortHandOver.class);

  private static final int SOL_SOCKET = 1;
  private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
  private static final int FILTER_BYTES = 8;
  private static final int FILTER_HEAD_BYTES = 16;
  private static final short RETURN_CONSTANT = 0x06;
  private static final int NEWER = 1;

  private final Optional<KnownListeners> listeners;
  private final List<Topology.Endpoint> ports;
  private final PortClaim claim;

  private PortHandOver(
      Optional<KnownListeners> listeners, List<Topology.Endpoint> ports, PortClaim claim) {
    this.listeners = listeners;
    this.ports = ports;
    this.claim = claim;
  }

  /**
   * For a router that is about to start.
   *
   * @param ports that it will open; 0 takes a free port, which is nobody else's
   */
  public static PortHandOver of(List<Topology.Endpoint> ports, PortClaim claim) {
    return new PortHandOver(
        Epoll.isAvailable() ? Optional.of(new KnownListeners()) : Optional.empty(),
        ports.stream().filter(endpoint -> endpoint.port() > 0).toList(),
        claim);
  }

  /** Event loops whose listening sockets can be reached later. */
  public Vertx vertx(VertxOptions options) {
    if (listeners.isEmpty()) {
      return Vertx.vertx(options);
    }
    return Vertx.builder().with(options).withTransport(listeners.get()).build();
  }

  /**
   * Called first.
   *
   * @throws IllegalStateException if somebody has one who is not to be replaced
   */
  public void check() {
    ports.forEach(this::check);
  }

  private void check(Topology.Endpoint at) {
    if (!Listeners.isTaken(at.host(), at.port())) {
      return;
    }
    if (claim == PortClaim.ALONE) {
      throw new IllegalStateException(
          "port "
              + at.port()
              + " of "
              + at.host()
              + " is taken (a router that shall take it over from another is started with "
              + PortClaim.VARIABLE
              + "=true)");
    }
    OptionalInt before = Listeners.count(at.host(), at.port());
    if (before.isPresent() && before.getAsInt() > 1) {
      throw new IllegalStateException(
          "port "
              + at.port()
              + " of "
              + at.host()
              + " is being handed over already: "
              + before.getAsInt()
              + " processes listen there (expected: one)");
    }
  }

  /** Called before the ports are opened: connections wait until {@link #opened}. */
  public void opening() {
    listeners.ifPresent(KnownListeners::acceptLater);
  }

  /**
   * Called when the ports are open and served: every new connection comes here, and those that
   * waited are accepted.
   *
   * @throws IllegalStateException if another router came in between
   */
  public void opened() {
    ports.forEach(this::opened);
    listeners.ifPresent(KnownListeners::accept);
  }

  private void opened(Topology.Endpoint at) {
    int expected = claim == PortClaim.ALONE ? 1 : 2;
    int listening = Listeners.count(at.host(), at.port()).orElse(expected);
    if (listening > expected) {
      throw new IllegalStateException(
          "port "
              + at.port()
              + " of "
              + at.host()
              + " was taken by another process at the same time");
    }
    if (claim == PortClaim.TAKE_OVER) {
      // Whether or not the count has seen the older one: alone, a socket gets everything anyway.
      Optional<EpollServerSocketChannel> mine = listeners.flatMap(known -> known.at(at.port()));
      if (mine.isPresent() && steerTo(mine.get())) {
        log.info("takes port {} over; the router that had it can be stopped now", at.port());
      } else {
        log.warn(
            "port {}: the kernel spreads new connections over this router and the one before;"
                + " a few may be reset when that one stops",
            at.port());
      }
    }
  }

  /** Whether the kernel could be told. */
  private static boolean steerTo(EpollServerSocketChannel newer) {
    ByteBuf filter = Unpooled.directBuffer(FILTER_BYTES);
    try {
      if (!filter.hasMemoryAddress()) {
        return false;
      }
      ByteBuffer instruction =
          filter.internalNioBuffer(0, FILTER_BYTES).order(ByteOrder.nativeOrder());
      instruction.putShort(RETURN_CONSTANT).put((byte) 0).put((byte) 0).putInt(NEWER);
      ByteBuffer head = ByteBuffer.allocateDirect(FILTER_HEAD_BYTES).order(ByteOrder.nativeOrder());
      // A length in instructions, and after padding the address of the first.
      head.putShort((short) 1).position(Long.BYTES);
      head.putLong(filter.memoryAddress()).flip();
      RawUnixChannelOption option =
          new RawUnixChannelOption(
              "HOMECELL_TAKE_OVER", SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, FILTER_HEAD_BYTES);
      return newer.config().setOption(option, head);
    } catch (RuntimeException e) {
      log.warn("the kernel takes no filter for the port: {}", e.toString());
      return false;
    } finally {
      filter.release();
    }
  }
}
