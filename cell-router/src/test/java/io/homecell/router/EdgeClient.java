package io.homecell.router;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks the router of a datacenter as a user. */
interface EdgeClient {
  HttpClient client();

  int port(String datacenter);

  default URI uri(String datacenter, String path) {
    return URI.create("http://127.0.0.1:" + port(datacenter) + path);
  }

  default HttpRequest.Builder request(String datacenter, String path, long user) {
    return HttpRequest.newBuilder(uri(datacenter, path))
        .timeout(Duration.ofSeconds(20))
        .header("X-User-Id", Long.toString(user));
  }

  default HttpResponse<String> send(HttpRequest request) {
    try {
      return client().send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(request + " broke", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  default HttpResponse<String> get(String datacenter, String path, long user) {
    return send(request(datacenter, path, user).GET().build());
  }

  default HttpResponse<String> post(String datacenter, String path, long user, String body) {
    return send(
        request(datacenter, path, user).POST(HttpRequest.BodyPublishers.ofString(body)).build());
  }
}
