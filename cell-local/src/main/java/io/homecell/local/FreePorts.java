package io.homecell.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free TCP ports of the loopback address, for tests.
 *
 * <p>Drawn at random below the range from which the operating system takes the ports of outgoing
 * connections, so that a port does not get taken between the draw and its use. Two draws of one
 * process never give the same port.
 */
public final class FreePorts {
  private static final int FIRST = 10_000;
  private static final int END = 32_000;
  private static final int TRIES = 1_000;
  private static final Set<Integer> GIVEN = new LinkedHashSet<>();

  private FreePorts() {}

  /**
   * Draws ports.
   *
   * @throws IllegalStateException if too few are free
   */
  public static List<Integer> take(int count) {
    List<Integer> ports = new ArrayList<>(count);
    synchronized (GIVEN) {
      for (int tried = 0; ports.size() < count && tried < TRIES; tried++) {
        int port = ThreadLocalRandom.current().nextInt(FIRST, END);
        if (isFree("127.0.0.1", port) && GIVEN.add(port)) {
          ports.add(port);
        }
      }
    }
    if (ports.size() < count) {
      throw new IllegalStateException("free ports: " + ports.size() + " (expected: " + count + ")");
    }
    return ports;
  }

  /** One free port. */
  public static int takeOne() {
    return take(1).get(0);
  }

  /** Whether a server could bind this port now. */
  public static boolean isFree(String host, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
