package io.homecell.local;

import java.time.Duration;

/** Is told how a deployment's start or stop goes on; called by several threads. */
public interface StartProgress {
  /** Ignores everything. */
  StartProgress SILENT =
      new StartProgress() {
        @Override
        public void starting(Part part) {}

        @Override
        public void ready(RunningPart part, Duration took) {}

        @Override
        public void did(String what, Duration took) {}

        @Override
        public void stopped(RunningPart part, Duration took) {}
      };

  void starting(Part part);

  void ready(RunningPart part, Duration took);

  /** Something that is not the start of a process, such as the provisioning of the cells. */
  void did(String what, Duration took);

  void stopped(RunningPart part, Duration took);
}
