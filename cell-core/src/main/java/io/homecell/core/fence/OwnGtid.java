package io.homecell.core.fence;

import com.mysql.cj.jdbc.JdbcConnection;
import com.mysql.cj.protocol.ServerSessionStateController;
import com.mysql.cj.protocol.ServerSessionStateController.ServerSessionStateChanges;
import com.mysql.cj.protocol.ServerSessionStateController.SessionStateChange;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The identifier under which the server has committed, told with the answer to the commit itself
 * ({@code session_track_gtids=OWN_GTID}): no question of its own, and exactly that transaction.
 */
final class OwnGtid {
  /** The session's variable by which the server tells it. */
  static final String SESSION_VARIABLE = "session_track_gtids='OWN_GTID'";

  /** The connection's option by which the driver hears it. */
  static final String OPTION = "trackSessionState=true";

  private final ServerSessionStateController state;

  private OwnGtid(ServerSessionStateController state) {
    this.state = state;
  }

  /** To be called before the commit: what the driver remembers of an earlier one is forgotten. */
  @SuppressWarnings("NullAway") // the driver's way to say that there is none
  static OwnGtid before(Connection connection) throws SQLException {
    ServerSessionStateController state =
        connection.unwrap(JdbcConnection.class).getServerSessionStateController();
    state.setSessionStateChanges(null);
    return new OwnGtid(state);
  }

  /** To be called right behind the commit; empty if that has changed nothing. */
  Optional<WriteToken> committed() {
    @Nullable ServerSessionStateChanges changes = state.getSessionStateChanges();
    if (changes == null) {
      return Optional.empty();
    }
    for (SessionStateChange change : changes.getSessionStateChangesList()) {
      if (change.getType() == ServerSessionStateController.SESSION_TRACK_GTIDS) {
        return change.getValues().stream().findFirst().flatMap(WriteToken::parse);
      }
    }
    return Optional.empty();
  }
}
