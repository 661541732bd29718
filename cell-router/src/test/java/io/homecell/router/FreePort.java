package io.homecell.router;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Ports that a test may listen at later. */
final class FreePort {
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private FreePort() {}

  /**
   * Below those that the system gives to outgoing connections, which could take it meanwhile; never
   * the same one twice, since whoever was given the first may not have opened it yet.
   */
  static int next() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      if (!GIVEN.add(port)) {
        continue;
      }
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Taken: another one.
      }
    }
  }
}
