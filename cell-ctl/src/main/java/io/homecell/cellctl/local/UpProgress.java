package io.homecell.cellctl.local;

import io.homecell.cellctl.Words;
import io.homecell.local.Part;
import io.homecell.local.RunningPart;
import io.homecell.local.StartProgress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/** A line for each part of a deployment, as it gets ready or stops. */
final class UpProgress implements StartProgress {
  private final PrintWriter out;
  private final int total;
  private int ready;

  UpProgress(PrintWriter out, int total) {
    this.out = out;
    this.total = total;
  }

  @Override
  public void starting(Part part) {
    // told when it is ready: one line for each part is enough
  }

  @Override
  public synchronized void ready(RunningPart part, Duration took) {
    ready++;
    line(
        String.format(
            Locale.ROOT,
            "[%" + Integer.toString(total).length() + "d/%d] %-18s ready in %6s%s",
            ready,
            total,
            part.name(),
            Words.aboutSeconds(took),
            part.port().map(port -> "   port " + port).orElse("")));
  }

  @Override
  public synchronized void did(String what, Duration took) {
    line("        " + what + " in " + Words.aboutSeconds(took));
  }

  @Override
  public synchronized void stopped(RunningPart part, Duration took) {
    line("        " + part.name() + " stopped after " + Words.aboutSeconds(took));
  }

  private void line(String text) {
    out.println(text);
    out.flush();
  }
}
