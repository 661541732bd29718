package io.homecell.core.failsafe;

import io.homecell.core.failsafe.WitnessMessage.Answered;
import io.homecell.core.failsafe.WitnessMessage.Asked;
import io.homecell.core.failsafe.WitnessSignature.Way;
import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology.Endpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks the witnesses of the other datacenters, all at the same time, each over one connection that
 * is kept. What does not come in time, or is not signed, is no answer. Safe for any number of
 * threads.
 */
public final class WitnessClient {
  private static final Duration CONNECT_WITHIN = Duration.ofMillis(500);

  private final FailsafeMembers members;
  private final WitnessSignature signature;
  private final SecureRandom random = new SecureRandom();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_WITHIN)
          .build();

  /**
   * @param secret shared by all datacenters
   */
  public WitnessClient(FailsafeMembers members, String secret) {
    this.members = members;
    this.signature = new WitnessSignature(secret);
  }

  public FailsafeMembers members() {
    return members;
  }

  /**
   * Whether every witness of every other datacenter says that nobody has begun to fail this one
   * over.
   *
   * @return why not, each reason with the witness; empty if all have confirmed
   */
  public List<String> confirm(Witness.Question question, Duration atMost)
      throws InterruptedException {
    Asked asked = new Asked(nonce(), Optional.of(question), Optional.empty());
    List<String> missing = new ArrayList<>();
    Map<String, CompletableFuture<Witness.Answer>> answers =
        ask(question.datacenter(), WitnessMessage.CONFIRM, asked, atMost);
    long deadline = System.nanoTime() + atMost.toNanos();
    for (Map.Entry<String, CompletableFuture<Witness.Answer>> each : answers.entrySet()) {
      Witness.Answer answer = await(each.getValue(), deadline);
      if (!answer.yes()) {
        missing.add(each.getKey() + ": " + answer.refusal() + " " + answer.detail());
      }
    }
    return missing;
  }

  /**
   * Tells every witness of the other datacenters of a loss; returns as soon as one has recorded it,
   * which is enough, since a keeper needs all of them.
   *
   * @return which one has recorded it; empty if none has, for the reasons given
   */
  public Recorded lose(Witness.Loss loss, Duration atMost) throws InterruptedException {
    Asked asked = new Asked(nonce(), Optional.empty(), Optional.of(loss));
    Map<String, CompletableFuture<Witness.Answer>> answers =
        ask(loss.datacenter(), WitnessMessage.LOSE, asked, atMost);
    CompletableFuture<String> first = new CompletableFuture<>();
    List<CompletableFuture<Void>> seen = new ArrayList<>();
    answers.forEach(
        (witness, future) ->
            seen.add(
                future.thenAccept(
                    answer -> {
                      if (answer.yes()) {
                        first.complete(witness);
                      }
                    })));
    CompletableFuture<Void> all =
        CompletableFuture.allOf(seen.toArray(CompletableFuture<?>[]::new));
    long deadline = System.nanoTime() + atMost.toNanos();
    try {
      CompletableFuture.anyOf(first, all).get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // told below
    }
    if (first.isDone()) {
      return new Recorded(Optional.of(first.join()), List.of());
    }
    List<String> reasons = new ArrayList<>();
    for (Map.Entry<String, CompletableFuture<Witness.Answer>> each : answers.entrySet()) {
      Witness.Answer answer = await(each.getValue(), deadline);
      reasons.add(each.getKey() + ": " + answer.refusal() + " " + answer.detail());
    }
    return new Recorded(Optional.empty(), reasons);
  }

  /** Who has recorded a loss, or why nobody has. */
  public record Recorded(Optional<String> witness, List<String> reasons) {}

  private Map<String, CompletableFuture<Witness.Answer>> ask(
      String datacenter, String path, Asked asked, Duration atMost) {
    Map<String, CompletableFuture<Witness.Answer>> answers = new LinkedHashMap<>();
    members
        .othersThan(datacenter)
        .forEach(
            (name, addresses) ->
                addresses.forEach(
                    address ->
                        answers.put(name + " at " + address, ask(address, path, asked, atMost))));
    return answers;
  }

  private CompletableFuture<Witness.Answer> ask(
      Endpoint address, String path, Asked asked, Duration atMost) {
    String body = Json.write(asked);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .timeout(atMost)
            .header(WitnessSignature.HEADER, signature.of(Way.QUESTION, path, body))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(response -> answer(response, path, asked.nonce()))
        .exceptionally(e -> new Witness.Answer("UNREACHABLE", String.valueOf(root(e))));
  }

  private Witness.Answer answer(HttpResponse<String> response, String path, String nonce) {
    String body = response.body();
    String signed = response.headers().firstValue(WitnessSignature.HEADER).orElse("");
    if (response.statusCode() != 200 || !signature.fits(signed, Way.ANSWER, path, body)) {
      return new Witness.Answer("NOT_SIGNED", "status " + response.statusCode());
    }
    Answered answered = Json.read(body, Answered.class);
    return answered.nonce().equals(nonce)
        ? new Witness.Answer(answered.refusal(), answered.detail())
        : new Witness.Answer("NOT_SIGNED", "an answer to another question");
  }

  private static Witness.Answer await(CompletableFuture<Witness.Answer> future, long deadline)
      throws InterruptedException {
    try {
      return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return new Witness.Answer("UNREACHABLE", "no answer in time");
    } catch (ExecutionException e) {
      return new Witness.Answer("UNREACHABLE", String.valueOf(e.getCause()));
    }
  }

  private static Throwable root(Throwable e) {
    Throwable cause = e.getCause();
    return cause == null ? e : root(cause);
  }

  private String nonce() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
