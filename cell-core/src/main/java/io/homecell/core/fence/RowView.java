package io.homecell.core.fence;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A result's current row, for reading only.
 *
 * <p>A bare {@link ResultSet} would hand out its statement, and that its connection, on which a
 * transaction could be committed past the fence. The JDK's own proxy, because the interface has
 * some two hundred methods of which all but these few are passed on.
 */
final class RowView implements InvocationHandler {
  private final ResultSet result;

  private RowView(ResultSet result) {
    this.result = result;
  }

  static ResultSet of(ResultSet result) {
    return (ResultSet)
        Proxy.newProxyInstance(
            RowView.class.getClassLoader(), new Class<?>[] {ResultSet.class}, new RowView(result));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    String name = method.getName();
    boolean reads =
        name.equals("wasNull")
            || name.equals("findColumn")
            || (name.startsWith("get") && !name.equals("getStatement"));
    if (!reads && method.getDeclaringClass() != Object.class) {
      throw new SQLException(name + ": a row can only be read");
    }
    try {
      return method.invoke(result, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
