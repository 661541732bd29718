package io.homecell.router;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports that a test may listen at later. */
final class FreePort {
  private FreePort() {}

  /** Below those that the system gives to outgoing connections, which could take it meanwhile. */
  static int next() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Taken: another one.
      }
    }
  }
}
