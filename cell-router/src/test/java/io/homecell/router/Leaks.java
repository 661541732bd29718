package io.homecell.router;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import java.io.File;
import java.util.List;

/** What a client that has left may have left behind in this process. */
final class Leaks {
  private Leaks() {}

  /** Buffers that were collected without being released are told at one of the next allocations. */
  static List<String> of(ListAppender<ILoggingEvent> logged) {
    for (int i = 0; i < 3; i++) {
      System.gc();
      for (int n = 0; n < 200; n++) {
        ByteBufAllocator.DEFAULT.buffer(16).release();
      }
    }
    return logged.list.stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(message -> message.contains("LEAK"))
        .toList();
  }

  /** Warnings, but those that the machine stood still: what else it does is nobody's fault. */
  static List<ILoggingEvent> warnings(ListAppender<ILoggingEvent> logged) {
    return logged.list.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        .filter(event -> !event.getLoggerName().endsWith("LoopPace"))
        .filter(event -> !event.getLoggerName().endsWith("BlockedThreadChecker"))
        .toList();
  }

  static int openFiles() {
    String[] files = new File("/proc/self/fd").list();
    return files == null ? 0 : files.length;
  }
}
