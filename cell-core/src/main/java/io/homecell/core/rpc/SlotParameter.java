package io.homecell.core.rpc;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which parameter of each method carries the slot, looked up once a method. Safe for any number of
 * threads.
 */
final class SlotParameter {
  private static final int NONE = -1;
  private static final ConcurrentHashMap<Method, Integer> INDEX = new ConcurrentHashMap<>();

  private SlotParameter() {}

  /**
   * The id in the marked argument; empty if no parameter is marked, or if its text is not an id
   * (the method itself then says what is wrong with it).
   */
  static OptionalLong idOf(Method method, Object[] arguments) {
    int index = indexOf(method);
    if (index == NONE) {
      return OptionalLong.empty();
    }
    Object argument = arguments[index];
    if (argument instanceof Long id) {
      return id >= 0 ? OptionalLong.of(id) : OptionalLong.empty();
    }
    return argument instanceof String text ? Ids.parse(text) : OptionalLong.empty();
  }

  static boolean isMarked(Method method) {
    return indexOf(method) != NONE;
  }

  private static int indexOf(Method method) {
    return INDEX.computeIfAbsent(method, SlotParameter::find);
  }

  private static int find(Method method) {
    int found = NONE;
    Annotation[][] annotations = method.getParameterAnnotations();
    for (int i = 0; i < annotations.length; i++) {
      for (Annotation annotation : annotations[i]) {
        if (annotation instanceof SlotOf) {
          if (found != NONE) {
            throw new IllegalArgumentException(
                method + " has two parameters marked @SlotOf (expected: at most one)");
          }
          found = i;
        }
      }
    }
    return found;
  }
}
