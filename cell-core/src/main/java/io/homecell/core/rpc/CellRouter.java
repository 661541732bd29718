package io.homecell.core.rpc;

import java.util.Objects;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.common.utils.Holder;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.cluster.router.RouterSnapshotNode;
import org.apache.dubbo.rpc.cluster.router.state.AbstractStateRouter;
import org.apache.dubbo.rpc.cluster.router.state.BitList;

/**
 * Keeps the instances of the cell that the call must go to.
 *
 * <p>Invariant upheld: a call never reaches an instance of another cell because its own has none.
 * Without such an instance, or without a cell named, the result is empty and the call fails.
 */
final class CellRouter<T> extends AbstractStateRouter<T> {
  CellRouter(URL url) {
    super(url);
  }

  @Override
  protected BitList<Invoker<T>> doRoute(
      BitList<Invoker<T>> invokers,
      URL url,
      Invocation invocation,
      boolean needToPrintMessage,
      Holder<RouterSnapshotNode<T>> nodeHolder,
      Holder<String> messageHolder) {
    String cell = invocation.getAttachment(Attachments.CELL);
    // a clone of the list given: a new one would not be tied to the directory's list of addresses
    BitList<Invoker<T>> ofCell = invokers.clone();
    ofCell.removeIf(
        invoker ->
            cell == null
                || !Objects.equals(cell, invoker.getUrl().getParameter(CellServer.CELL_PARAMETER)));
    return ofCell;
  }
}
