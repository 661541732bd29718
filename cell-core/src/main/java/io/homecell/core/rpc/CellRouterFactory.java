package io.homecell.core.rpc;

import org.apache.dubbo.common.URL;
import org.apache.dubbo.rpc.cluster.router.state.StateRouter;
import org.apache.dubbo.rpc.cluster.router.state.StateRouterFactory;

/** Makes the {@link CellRouter} of each reference that asks for it by the name {@link #NAME}. */
public final class CellRouterFactory implements StateRouterFactory {
  /** The extension's name in {@code META-INF/dubbo}. */
  static final String NAME = "homecell-cell";

  @Override
  public <T> StateRouter<T> getRouter(Class<T> interfaceClass, URL url) {
    return new CellRouter<>(url);
  }
}
