package io.homecell.core.rpc;

import io.netty.handler.codec.http.HttpServerCodec;
import java.util.ArrayList;
import java.util.List;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.remoting.ChannelHandler;
import org.apache.dubbo.remoting.api.ProtocolDetector;
import org.apache.dubbo.remoting.api.pu.ChannelHandlerPretender;
import org.apache.dubbo.remoting.api.pu.ChannelOperator;
import org.apache.dubbo.rpc.protocol.tri.TripleHttp2Protocol;

/**
 * Triple with the {@link HttpGuard} right behind the HTTP/1.1 codec of each connection: Dubbo has
 * no other place from which a body's size can be refused with an answer of ours. Takes the place of
 * the extension {@code tri}.
 */
@Activate
public final class GuardedTriple extends TripleHttp2Protocol {
  @Override
  public void configServerProtocolHandler(URL url, ChannelOperator operator) {
    CellContext context =
        url.getOrDefaultFrameworkModel().getBeanFactory().getBean(CellContext.class);
    super.configServerProtocolHandler(
        url, context == null ? operator : new GuardingOperator(operator, context));
  }

  private record GuardingOperator(ChannelOperator operator, CellContext context)
      implements ChannelOperator {
    @Override
    public void configChannelHandler(List<ChannelHandler> handlers) {
      List<ChannelHandler> withGuard = new ArrayList<>(handlers);
      for (int i = 0; i < withGuard.size(); i++) {
        if (withGuard.get(i) instanceof ChannelHandlerPretender pretender
            && pretender.getRealHandler() instanceof HttpServerCodec) {
          withGuard.add(i + 1, new ChannelHandlerPretender(new HttpGuard(context.cell())));
          break;
        }
      }
      operator.configChannelHandler(withGuard);
    }

    @Override
    public ProtocolDetector.Result detectResult() {
      return operator.detectResult();
    }
  }
}
