package io.homecell.router.proxy;

import java.util.function.Supplier;

/**
 * The rules that hold now. Reading is one volatile read; they are replaced as a whole. Safe for any
 * number of threads.
 */
public final class LiveRules implements Supplier<EdgeRules> {
  private volatile EdgeRules current;

  public LiveRules(EdgeRules first) {
    this.current = first;
  }

  @Override
  public EdgeRules get() {
    return current;
  }

  /** Requests that come from now on see these; those under way go on with what they have seen. */
  public void replace(EdgeRules next) {
    current = next;
  }
}
