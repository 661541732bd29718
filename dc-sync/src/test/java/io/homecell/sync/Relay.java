package io.homecell.sync;

import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A cable to a server that can be cut: connections end, new ones are refused, until it is mended.
 * Or it swallows what is sent, and no connection ends: as a machine that dies without a word.
 */
public final class Relay implements AutoCloseable {
  private final Endpoint to;
  private final ServerSocket listening;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;
  private volatile boolean swallowing;

  private Relay(Endpoint to, ServerSocket listening) {
    this.to = to;
    this.listening = listening;
  }

  public static Relay start(Endpoint to) throws IOException {
    Relay relay = new Relay(to, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    thread(relay::accept);
    return relay;
  }

  /** Where to connect instead. */
  public Endpoint endpoint() {
    return new Endpoint("127.0.0.1", listening.getLocalPort());
  }

  public void cut() {
    cut = true;
    open.forEach(Relay::end);
  }

  /** From now on nothing arrives on either side, and nobody is told. */
  public void swallow() {
    swallowing = true;
  }

  /** What was swallowed is lost, so the connections that had it end. */
  public void mend() {
    if (swallowing) {
      open.forEach(Relay::end);
    }
    swallowing = false;
    cut = false;
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listening.accept();
        open.add(near);
        if (cut) {
          end(near);
        } else {
          thread(() -> connect(near));
        }
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void connect(Socket near) {
    try (near;
        Socket far = new Socket(to.host(), to.port())) {
      open.add(far);
      if (cut) {
        return;
      }
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      Thread back = thread(() -> pump(far, near));
      pump(near, far);
      back.join();
    } catch (IOException ended) {
      // as a cable does: without a word
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(near);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[16_384];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!swallowing) {
          out.write(buffer, 0, read);
        }
      }
    } catch (IOException ended) {
      // the other direction ends with it
    } finally {
      end(from);
      end(to);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "relay");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public void close() throws IOException {
    cut();
    listening.close();
  }
}
