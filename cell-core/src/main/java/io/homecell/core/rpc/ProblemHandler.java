package io.homecell.core.rpc;

import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.CommitUnknownException;
import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.http.CellHeaders;
import io.homecell.core.http.Problem;
import io.homecell.core.http.ProblemException;
import io.homecell.core.id.IdsUnavailableException;
import io.homecell.core.near.NearRefusedException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.dubbo.common.extension.Activate;
import org.apache.dubbo.common.logger.Level;
import org.apache.dubbo.remoting.http12.ExceptionHandler;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.apache.dubbo.remoting.http12.RequestMetadata;
import org.apache.dubbo.remoting.http12.exception.DecodeException;
import org.apache.dubbo.remoting.http12.exception.HttpResultPayloadException;
import org.apache.dubbo.remoting.http12.exception.HttpStatusException;
import org.apache.dubbo.remoting.http12.message.DefaultHttpResult;
import org.apache.dubbo.rpc.RpcException;
import org.apache.dubbo.rpc.model.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Turns every exception of an HTTP request into problem details with the right status. RPC callers
 * get the exception itself.
 */
@Activate
public final class ProblemHandler implements ExceptionHandler<Throwable, Object> {
  private static final String RETRY_AFTER_SECONDS = "1";

  /** What an edge sets on every request, and no consumer. */
  private static final String OF_AN_EDGE = "x-forwarded-proto";

  @Override
  public Level resolveLogLevel(Throwable throwable) {
    return statusOf(throwable) < 500 ? Level.DEBUG : Level.INFO;
  }

  @Override
  public @Nullable Object handle(
      Throwable throwable, RequestMetadata metadata, MethodDescriptor descriptor) {
    if (throwable instanceof HttpResultPayloadException) {
      return null;
    }
    Map<String, String> headers = new LinkedHashMap<>();
    Problem problem = problemOf(throwable, headers);
    DefaultHttpResult.Builder<Object> answer =
        HttpResult.<Object>builder()
            .status(problem.status())
            .header("content-type", Problem.MEDIA_TYPE)
            .body(problem);
    headers.forEach(answer::header);
    return answer.build();
  }

  /**
   * An edge that has passed a call on understands HTTP's answer only: what it needs to send the
   * call elsewhere goes with the head, whose status {@link Http2Guard} sets. A consumer gets the
   * exception.
   */
  @Override
  public @Nullable Object handleGrpc(
      Throwable throwable, RequestMetadata metadata, MethodDescriptor descriptor) {
    Map<String, String> headers = new LinkedHashMap<>();
    Problem problem = problemOf(throwable, headers);
    if (!headers.containsKey(CellHeaders.NOT_EXECUTED) || metadata.header(OF_AN_EDGE) == null) {
      return null;
    }
    DefaultHttpResult.Builder<Object> answer =
        HttpResult.<Object>builder().header(Http2Guard.STATUS, Integer.toString(problem.status()));
    headers.forEach(answer::header);
    return answer.build();
  }

  private static int statusOf(Throwable throwable) {
    return problemOf(throwable, new LinkedHashMap<>()).status();
  }

  private static Problem problemOf(Throwable throwable, Map<String, String> headers) {
    if (throwable instanceof ProblemException problem) {
      return problem.problem();
    }
    if (throwable instanceof NotHomeException refused) {
      headers.put(CellHeaders.EPOCH, Long.toString(refused.epoch()));
      headers.put(CellHeaders.SLOT, Integer.toString(refused.slot()));
      headers.put(CellHeaders.NOT_EXECUTED, "true");
      return Problem.of(421, "not-home", String.valueOf(refused.getMessage()));
    }
    if (throwable instanceof NearRefusedException refused) {
      headers.put(CellHeaders.NEAR_REFUSED, refused.reason().word());
      headers.put(CellHeaders.NOT_EXECUTED, "true");
      return Problem.of(421, "not-near", String.valueOf(refused.getMessage()));
    }
    if (throwable instanceof CellFencedException
        || throwable instanceof IdsUnavailableException
        || throwable instanceof DatabaseUnavailableException) {
      headers.put("Retry-After", RETRY_AFTER_SECONDS);
      headers.put(CellHeaders.NOT_EXECUTED, "true");
      return Problem.of(
          503,
          throwable instanceof CellFencedException ? "cell-fenced" : "unavailable",
          String.valueOf(throwable.getMessage()));
    }
    if (throwable instanceof CommitUnknownException
        || throwable instanceof OwnerUnavailableException
        || throwable instanceof CallUnknownException) {
      headers.put("Retry-After", RETRY_AFTER_SECONDS);
      return Problem.of(
          503,
          "outcome-unknown",
          throwable.getMessage() + "; repeat the request with the same Idempotency-Key");
    }
    if (throwable instanceof DecodeException) {
      return Problem.of(
          400, "malformed-body", "the body is not the JSON expected: " + rootOf(throwable));
    }
    if (throwable instanceof HttpStatusException http) {
      return ofStatus(http.getStatusCode(), String.valueOf(http.getMessage()));
    }
    if (throwable instanceof RpcException rpc && rpc.isLimitExceed()) {
      headers.put("Retry-After", RETRY_AFTER_SECONDS);
      headers.put(CellHeaders.NOT_EXECUTED, "true");
      return Problem.of(503, "overloaded", "too many requests at once");
    }
    if (throwable instanceof CallFailedException failed) {
      return Problem.of(500, "internal-error", String.valueOf(failed.getMessage()));
    }
    return Problem.of(
        500, "internal-error", "the request failed; the log of the cell has the cause");
  }

  private static Problem ofStatus(int status, String message) {
    return switch (status) {
      case 400 -> Problem.of(400, "bad-request", message);
      case 404 -> Problem.of(404, "no-such-path", "nothing is served at this path");
      case 405 -> Problem.of(405, "method-not-allowed", message);
      case 406 -> Problem.of(406, "not-acceptable", message);
      case 413 -> Problem.of(413, "body-too-large", message);
      case 415 -> Problem.of(415, "unsupported-media-type", message);
      default -> Problem.of(status, status < 500 ? "bad-request" : "internal-error", message);
    };
  }

  private static String rootOf(Throwable throwable) {
    Throwable root = throwable;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
