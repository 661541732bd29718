package io.homecell.core.rpc;

import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.remoting.ChannelHandler;
import org.apache.dubbo.remoting.api.ProtocolDetector;
import org.apache.dubbo.remoting.api.pu.ChannelHandlerPretender;
import org.apache.dubbo.remoting.api.pu.ChannelOperator;
import org.apache.dubbo.rpc.protocol.tri.TripleHttp2Protocol;

/**
 * Triple with a guard right behind the codec of each connection, {@link HttpGuard} for HTTP/1.1 and
 * {@link Http2Guard} for HTTP/2: Dubbo has no other place from which a body's size can be refused
 * with an answer of ours. Takes the place of the extension {@code tri}.
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
        Optional<Object> guard =
            withGuard.get(i) instanceof ChannelHandlerPretender pretender
                ? guardBehind(pretender.getRealHandler())
                : Optional.empty();
        if (guard.isPresent()) {
          withGuard.add(i + 1, new ChannelHandlerPretender(guard.get()));
          break;
        }
      }
      operator.configChannelHandler(withGuard);
    }

    private Optional<Object> guardBehind(Object handler) {
      if (handler instanceof HttpServerCodec) {
        return Optional.of(new HttpGuard(context.cell()));
      }
      return handler instanceof Http2FrameCodec codec
          ? Optional.of(new Http2Guard(context.cell(), codec))
          : Optional.empty();
    }

    @Override
    public ProtocolDetector.Result detectResult() {
      return operator.detectResult();
    }
  }
}
