package io.homecell.router.handover;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Who listens at an address. */
final class Listeners {
  private static final String LISTENING = "0A";
  private static final int INODE = 9;
  private static final String MAPPED_PREFIX = "0000000000000000FFFF0000";

  private Listeners() {}

  /** Whether an address can't be had alone. */
  static boolean isTaken(String host, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** How many sockets listen there, of any process; empty where the system does not tell. */
  static OptionalInt count(String host, int port) {
    byte[] address;
    try {
      address = InetAddress.getByName(host).getAddress();
    } catch (IOException e) {
      return OptionalInt.empty();
    }
    String hex = hex(address);
    String suffix = String.format(Locale.ROOT, ":%04X", port);
    try {
      long count = count(Path.of("/proc/net/tcp"), List.of(hex + suffix));
      // A socket of the newer family holds an older address in its last four bytes, or none at all.
      String mapped = address.length == 4 ? MAPPED_PREFIX + hex : hex;
      String any = "0".repeat(32);
      List<String> names =
          hex.chars().allMatch(digit -> digit == '0')
              ? List.of(any + suffix)
              : List.of(mapped + suffix);
      return OptionalInt.of((int) (count + count(Path.of("/proc/net/tcp6"), names)));
    } catch (IOException notLinux) {
      return OptionalInt.empty();
    }
  }

  private static long count(Path table, List<String> addresses) throws IOException {
    if (!Files.exists(table)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(table)) {
      return lines
          .map(line -> line.strip().split("\\s+", -1))
          .filter(fields -> fields.length > INODE && fields[3].equals(LISTENING))
          .filter(fields -> addresses.contains(fields[1]))
          // The table changes while it is read, so a line may come twice: by inode.
          .map(fields -> fields[INODE])
          .distinct()
          .count();
    }
  }

  /** As the kernel prints it: words of four bytes, each as a number of this machine. */
  private static String hex(byte[] address) {
    ByteBuffer bytes = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder());
    StringBuilder text = new StringBuilder();
    while (bytes.hasRemaining()) {
      text.append(String.format(Locale.ROOT, "%08X", bytes.getInt()));
    }
    return text.toString();
  }
}
