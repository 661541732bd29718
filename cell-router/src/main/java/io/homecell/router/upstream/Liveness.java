package io.homecell.router.upstream;

/** What active checks have found. Answers from memory; safe for any number of threads. */
public interface Liveness {
  /** Nothing is checked: nothing is known to be down. */
  Liveness UNCHECKED =
      new Liveness() {
        @Override
        public boolean allUp() {
          return true;
        }

        @Override
        public boolean isDown(Upstream upstream) {
          return false;
        }
      };

  /** Whether nothing at all is known to be down. */
  boolean allUp();

  boolean isDown(Upstream upstream);
}
