package io.homecell.core.rpc;

import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.CommitUnknownException;
import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.fence.Written;
import io.homecell.core.http.CellHeaders;
import io.homecell.core.http.ProblemException;
import io.homecell.core.id.IdsUnavailableException;
import io.homecell.core.near.NearRefusedException;
import io.homecell.core.near.NearVerdict;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.micrometer.core.instrument.Timer;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.dubbo.remoting.http12.HttpRequest;
import org.apache.dubbo.remoting.http12.HttpResponse;
import org.apache.dubbo.rpc.AsyncRpcResult;
import org.apache.dubbo.rpc.Filter;
import org.apache.dubbo.rpc.Invocation;
import org.apache.dubbo.rpc.Invoker;
import org.apache.dubbo.rpc.Result;
import org.apache.dubbo.rpc.RpcException;
import org.apache.dubbo.rpc.model.FrameworkModel;
import org.apache.dubbo.rpc.model.MethodDescriptor;
import org.apache.dubbo.rpc.model.ScopeModelAware;
import org.apache.dubbo.rpc.protocol.tri.TripleConstants;
import org.apache.dubbo.rpc.support.RpcUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The provider's side of every call, RPC and HTTP: refuses a slot that this cell does not own
 * before the method runs, counts and times calls, and lets only exceptions out that the caller can
 * read.
 *
 * <p>A read that the edge has marked as near is answered without owning the slot, if {@link
 * io.homecell.core.near.NearReads} says that the copy is young enough; the answer to a write names
 * what was committed, for reads after it.
 *
 * <p>The check here spares work; what makes writing safe is the fence's check at the commit.
 */
public final class HomeFilter implements Filter, ScopeModelAware {
  /** The extension's name in {@code META-INF/dubbo}. */
  static final String NAME = "homecell-home";

  /** How long a provider that is behind its caller waits for its own route table. */
  private static final Duration TABLE_WAIT = Duration.ofSeconds(1);

  /** Exceptions of the contracts themselves: every caller has their classes. */
  private static final String CONTRACTS = "io.homecell.api.";

  private static final Logger log = LoggerFactory.getLogger(HomeFilter.class);

  private volatile @Nullable FrameworkModel framework;

  @Override
  public void setFrameworkModel(FrameworkModel frameworkModel) {
    framework = frameworkModel;
  }

  @Override
  public Result invoke(Invoker<?> invoker, Invocation invocation) throws RpcException {
    CellContext context = context();
    context.calls().begin();
    long start = System.nanoTime();
    String outcome = "ok";
    try {
      Result result = checkedInvoke(context, invoker, invocation);
      if (result.hasException()) {
        Throwable seen = readable(result.getException(), invocation);
        outcome = seen.getClass().getSimpleName();
        if (seen instanceof ProblemException problem) {
          outcome = problem.kind();
        } else if (seen instanceof NearRefusedException refused) {
          outcome = "near-" + refused.reason().word();
        }
        result.setException(seen);
      }
      return result;
    } finally {
      Timer.builder("hc_cell_calls")
          .description("Calls that this cell answered, by service method and outcome")
          .tag("service", invoker.getInterface().getSimpleName())
          .tag("method", String.valueOf(RpcUtils.getMethodName(invocation)))
          .tag("outcome", outcome)
          .register(context.metrics())
          .record(Duration.ofNanos(System.nanoTime() - start));
      context.calls().end();
    }
  }

  private static Result checkedInvoke(
      CellContext context, Invoker<?> invoker, Invocation invocation) {
    // The invocation's own, not the thread's (RpcContext), which could be an earlier one's.
    if (!isRest(invocation)
        || !(invocation.get(TripleConstants.HTTP_REQUEST_KEY) instanceof HttpRequest request)
        || !(invocation.get(TripleConstants.HTTP_RESPONSE_KEY) instanceof HttpResponse response)) {
      return invokeAtHome(context, invoker, invocation);
    }
    Optional<NearAsk> ask = NearAsk.of(request);
    if (ask.isPresent()) {
      return invokeNear(context, invoker, invocation, ask.get(), response);
    }
    Written.begin();
    try {
      return invokeAtHome(context, invoker, invocation);
    } finally {
      Written.end().ifPresent(token -> response.setHeader(CellHeaders.WRITTEN, token.toString()));
    }
  }

  private static Result invokeAtHome(
      CellContext context, Invoker<?> invoker, Invocation invocation) {
    try {
      checkHome(context, invocation, isRest(invocation));
    } catch (NotHomeException refused) {
      return AsyncRpcResult.newDefaultAsyncResult(refused, invocation);
    }
    return invoker.invoke(invocation);
  }

  /** Asks for no owner, but for the age of what this cell has. */
  private static Result invokeNear(
      CellContext context,
      Invoker<?> invoker,
      Invocation invocation,
      NearAsk ask,
      HttpResponse response) {
    OptionalLong id = idOf(invocation);
    NearVerdict verdict =
        id.isEmpty() || context.near().isEmpty()
            ? new NearVerdict.Refuses(NearVerdict.Reason.UNKNOWN)
            : context
                .near()
                .get()
                .judge(
                    context.routes().current().slots().of(id.getAsLong()),
                    ask.lagMax(),
                    ask.readAfter());
    if (verdict instanceof NearVerdict.Answers answers) {
      response.setHeader(CellHeaders.COPY_AGE, Long.toString(answers.age().toMillis()));
      // In whole seconds (RFC 9111, 5.1), and not less than it is.
      response.setHeader("Age", Long.toString(answers.age().plusMillis(999).toSeconds()));
      return invoker.invoke(invocation);
    }
    NearVerdict.Refuses refuses = (NearVerdict.Refuses) verdict;
    return AsyncRpcResult.newDefaultAsyncResult(
        new NearRefusedException(refuses.reason()), invocation);
  }

  private static OptionalLong idOf(Invocation invocation) {
    Method method = methodOf(invocation);
    return method == null
        ? OptionalLong.empty()
        : SlotParameter.idOf(method, invocation.getArguments());
  }

  /** What a caller over HTTP says of epochs is not looked at: only consumers know any. */
  private static boolean isRest(Invocation invocation) {
    return TripleConstants.TRIPLE_HANDLER_TYPE_REST.equals(
        invocation.get(TripleConstants.HANDLER_TYPE_KEY));
  }

  private static void checkHome(CellContext context, Invocation invocation, boolean rest) {
    OptionalLong id = idOf(invocation);
    if (id.isEmpty()) {
      return;
    }
    RouteTable table = context.routes().current();
    int slot = table.slots().of(id.getAsLong());
    long callerEpoch = rest ? 0 : longOf(invocation.getAttachment(Attachments.EPOCH));
    if (callerEpoch > table.of(slot).epoch()) {
      table = await(context, slot, callerEpoch, table);
    }
    SlotRoute route = table.of(slot);
    if (route.movingTo().filter(context.cell()::equals).isPresent()) {
      // whoever sends it here knows of the end of the move: so will this process in a moment
      route = await(context, slot, route.epoch() + 1, table).of(slot);
    }
    if (!route.owner().equals(context.cell())) {
      throw new NotHomeException(slot, route.owner(), route.epoch());
    }
  }

  private static RouteTable await(CellContext context, int slot, long epoch, RouteTable otherwise) {
    try {
      return context.routes().awaitSlotEpoch(slot, epoch, TABLE_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return otherwise;
    }
  }

  private static @Nullable Method methodOf(Invocation invocation) {
    MethodDescriptor descriptor =
        invocation.getServiceModel() == null
            ? null
            : invocation
                .getServiceModel()
                .getServiceModel()
                .getMethod(invocation.getMethodName(), invocation.getParameterTypes());
    return descriptor == null ? null : descriptor.getMethod();
  }

  private static long longOf(@Nullable String text) {
    return text == null ? 0 : Ids.parse(text).orElse(0);
  }

  /** An exception that the caller's side has the class of, without causes that it has not. */
  private static Throwable readable(Throwable thrown, Invocation invocation) {
    if (thrown instanceof NotHomeException
        || thrown instanceof CellFencedException
        || thrown instanceof IdsUnavailableException
        || thrown instanceof ProblemException
        || thrown instanceof NearRefusedException
        || thrown.getClass().getName().startsWith(CONTRACTS)) {
      return thrown;
    }
    String call = invocation.getServiceName() + "." + invocation.getMethodName();
    if (thrown instanceof CommitUnknownException unknown) {
      log.warn("{}: {}", call, unknown.getMessage(), unknown);
      return new CommitUnknownException(String.valueOf(unknown.getMessage()), null);
    }
    if (thrown instanceof DatabaseUnavailableException unavailable) {
      log.warn("{}: {}", call, unavailable.getMessage());
      return new DatabaseUnavailableException(String.valueOf(unavailable.getMessage()), null);
    }
    if (thrown instanceof OwnerUnavailableException || thrown instanceof CallUnknownException) {
      log.warn("{}: {}", call, thrown.getMessage());
      return thrown instanceof CallUnknownException
          ? new CallUnknownException(String.valueOf(thrown.getMessage()), null)
          : new OwnerUnavailableException(String.valueOf(thrown.getMessage()), null);
    }
    String incident = UUID.randomUUID().toString();
    log.error("{} failed, incident {}", call, incident, thrown);
    return new CallFailedException("internal error, incident " + incident);
  }

  private CellContext context() {
    FrameworkModel model = framework;
    CellContext context = model == null ? null : model.getBeanFactory().getBean(CellContext.class);
    if (context == null) {
      throw new IllegalStateException("filter " + NAME + " runs outside of a CellServer");
    }
    return context;
  }
}
