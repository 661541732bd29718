package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import io.debezium.bean.StandardBeanNames;
import io.debezium.bean.spi.BeanRegistry;
import io.debezium.config.CommonConnectorConfig;
import io.debezium.config.Configuration;
import io.debezium.config.Field;
import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.binlog.BinlogEventMetadataProvider;
import io.debezium.connector.binlog.BinlogSourceTask;
import io.debezium.connector.binlog.jdbc.BinlogConnectorConnection;
import io.debezium.connector.common.CdcSourceTaskContext;
import io.debezium.connector.common.DebeziumHeaderProducer;
import io.debezium.connector.mysql.Module;
import io.debezium.connector.mysql.MySqlChangeEventSourceFactory;
import io.debezium.connector.mysql.MySqlChangeEventSourceMetricsFactory;
import io.debezium.connector.mysql.MySqlConnector;
import io.debezium.connector.mysql.MySqlConnectorConfig;
import io.debezium.connector.mysql.MySqlDatabaseSchema;
import io.debezium.connector.mysql.MySqlErrorHandler;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.connector.mysql.MySqlStreamingChangeEventSource;
import io.debezium.connector.mysql.MySqlStreamingChangeEventSourceMetrics;
import io.debezium.connector.mysql.MySqlTaskContext;
import io.debezium.connector.mysql.jdbc.MySqlConnection;
import io.debezium.connector.mysql.jdbc.MySqlConnectionConfiguration;
import io.debezium.connector.mysql.jdbc.MySqlFieldReaderResolver;
import io.debezium.connector.mysql.jdbc.MySqlValueConverters;
import io.debezium.document.DocumentReader;
import io.debezium.heartbeat.HeartbeatFactory;
import io.debezium.jdbc.DefaultMainConnectionProvidingConnectionFactory;
import io.debezium.jdbc.MainConnectionProvidingConnectionFactory;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.DataChangeEvent;
import io.debezium.pipeline.ErrorHandler;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.pipeline.notification.NotificationService;
import io.debezium.pipeline.signal.SignalProcessor;
import io.debezium.pipeline.source.spi.StreamingChangeEventSource;
import io.debezium.pipeline.spi.Offsets;
import io.debezium.relational.CustomConverterRegistry;
import io.debezium.relational.TableId;
import io.debezium.relational.history.SchemaHistory;
import io.debezium.schema.SchemaFactory;
import io.debezium.schema.SchemaNameAdjuster;
import io.debezium.service.spi.ServiceRegistry;
import io.debezium.snapshot.SnapshotterService;
import io.debezium.spi.topic.TopicNamingStrategy;
import io.debezium.util.Clock;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's MySQL task, put together as Debezium does it, with two differences: rows are read from
 * the binlog by {@link RawRows}, and the tables' shapes come from {@link TargetSchema}.
 *
 * <p>Debezium's own deserializers turn a date that no calendar has ({@code 0000-00-00}, {@code
 * 2026-00-00}) into NULL before any converter sees it, and the year 0000 into 1900; and they have
 * no place to plug in others. So this follows {@code MySqlConnectorTask.start} of the Debezium
 * version that the parent POM names; compare the two when that version changes.
 */
final class ExactTask extends BinlogSourceTask<MySqlPartition, MySqlOffsetContext> {
  private static final int QUEUED_MAX = 2048;

  /** As many bytes again may have been taken and not yet handed on. */
  private static final long QUEUED_BYTES_MAX = Runtime.getRuntime().maxMemory() / 32;

  private static final Duration TAKE_WITHIN = Duration.ofMillis(500);

  private final List<TableDefinition> definitions;
  private final LoggedOptions options;
  private final AtomicReference<Throwable> unreadable = new AtomicReference<>();
  private final RecordQueue taken = new RecordQueue(QUEUED_MAX, QUEUED_BYTES_MAX);
  private @Nullable MySqlConnectorConfig connectorConfig;
  private @Nullable MySqlTaskContext taskContext;
  private volatile @Nullable ChangeEventQueue<DataChangeEvent> queue;
  private volatile @Nullable BinlogConnectorConnection connection;
  private volatile @Nullable ErrorHandler errorHandler;
  private volatile @Nullable MySqlDatabaseSchema schema;
  private volatile boolean disconnected;

  /**
   * Makes it.
   *
   * @param definitions of the tables as they are where it starts
   * @param options told of ENUM and SET columns as the log has them
   */
  ExactTask(List<TableDefinition> definitions, LoggedOptions options) {
    this.definitions = definitions;
    this.options = options;
  }

  @Override
  public String version() {
    return Module.version();
  }

  @Override
  protected String connectorName() {
    return Module.name();
  }

  @Override
  protected Iterable<Field> getAllConfigurationFields() {
    return MySqlConnectorConfig.ALL_FIELDS;
  }

  @Override
  public CdcSourceTaskContext<? extends CommonConnectorConfig> preStart(Configuration config) {
    MySqlConnectorConfig connector =
        new MySqlConnectorConfig(config) {
          @Override
          public SchemaHistory getSchemaHistory() {
            return new TargetSchema(definitions);
          }
        };
    MySqlTaskContext context = new MySqlTaskContext(config, connector);
    connectorConfig = connector;
    taskContext = context;
    return context;
  }

  @Override
  @SuppressWarnings("unchecked") // the connector's configuration gives the raw type
  public ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> start(
      Configuration config) {
    MySqlConnectorConfig connector = present(connectorConfig);
    MySqlTaskContext context = present(taskContext);
    SchemaNameAdjuster adjuster = connector.schemaNameAdjuster();
    TopicNamingStrategy<TableId> topics =
        connector.getTopicNamingStrategy(CommonConnectorConfig.TOPIC_NAMING_STRATEGY);
    MainConnectionProvidingConnectionFactory<BinlogConnectorConnection> connections =
        new DefaultMainConnectionProvidingConnectionFactory<>(() -> connect(config, connector));
    BinlogConnectorConnection main = connections.mainConnection();
    connection = main;
    Offsets<MySqlPartition, MySqlOffsetContext> offsets =
        getPreviousOffsets(
            new MySqlPartition.Provider(connector, config),
            new MySqlOffsetContext.Loader(connector));

    ServiceRegistry services = connector.getServiceRegistry();
    registerServiceProviders(services);
    MySqlDatabaseSchema tables =
        new MySqlDatabaseSchema(
            connector,
            converters(connector),
            topics,
            adjuster,
            main.isTableIdCaseSensitive(),
            services.tryGetService(CustomConverterRegistry.class),
            context);
    schema = tables;
    registerBeans(config, connector, main, offsets, tables);
    SnapshotterService snapshots = services.tryGetService(SnapshotterService.class);
    validateSchemaHistory(
        connector, main::validateLogPosition, offsets, tables, snapshots.getSnapshotter());
    try {
      main.setAutoCommit(false);
    } catch (SQLException e) {
      throw new IllegalStateException("the source's connection is lost: " + e.getMessage(), e);
    }

    ChangeEventQueue<DataChangeEvent> records =
        new ChangeEventQueue.Builder<DataChangeEvent>()
            .pollInterval(connector.getPollInterval())
            .maxBatchSize(connector.getMaxBatchSize())
            .maxQueueSize(connector.getMaxQueueSize())
            .maxQueueSizeInBytes(connector.getMaxQueueSizeInBytes())
            .queueProvider(taken)
            .loggingContextSupplier(() -> context.configureLoggingContext("mysql-connector-task"))
            .buffering()
            .build();
    queue = records;
    ErrorHandler errors = new MySqlErrorHandler(connector, records, errorHandler);
    errorHandler = errors;
    BinlogEventMetadataProvider metadata = new BinlogEventMetadataProvider();
    SignalProcessor<MySqlPartition, MySqlOffsetContext> signals =
        new SignalProcessor<>(
            MySqlConnector.class,
            connector,
            Map.of(),
            getAvailableSignalChannels(),
            DocumentReader.defaultReader(),
            offsets);
    EventDispatcher<MySqlPartition, TableId> dispatcher =
        new EventDispatcher<>(
            connector,
            topics,
            tables,
            records,
            connector.getTableFilters().dataCollectionFilter(),
            DataChangeEvent::new,
            null,
            metadata,
            new HeartbeatFactory<>()
                .getScheduledHeartbeat(
                    connector,
                    () -> connect(config, connector),
                    new BinlogHeartbeatErrorHandler(),
                    records),
            adjuster,
            signals,
            services.tryGetService(DebeziumHeaderProducer.class));
    BinaryLogClient client =
        new BinaryLogClient(
            connector.getHostName(),
            connector.getPort(),
            connector.getUserName(),
            connector.getPassword());
    client.registerLifecycleListener(new Reader());
    MySqlStreamingChangeEventSourceMetrics metrics =
        new UncountedEvents(context, records, metadata, tables::dataCollectionIds, client);
    ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> coordinator =
        new ChangeEventSourceCoordinator<>(
            offsets,
            errors,
            MySqlConnector.class,
            connector,
            new MySqlChangeEventSourceFactory(
                connector,
                connections,
                errors,
                dispatcher,
                Clock.system(),
                tables,
                context,
                metrics,
                records,
                snapshots,
                client) {
              @Override
              public StreamingChangeEventSource<MySqlPartition, MySqlOffsetContext>
                  getStreamingChangeEventSource() {
                records.disableBuffering();
                return new MySqlStreamingChangeEventSource(
                    connector,
                    connections.mainConnection(),
                    dispatcher,
                    errors,
                    Clock.system(),
                    context,
                    tables,
                    metrics,
                    snapshots,
                    client) {
                  @Override
                  protected EventDeserializer createEventDeserializer() {
                    return RawRows.readBy(super.createEventDeserializer(), tables, options);
                  }
                };
              }
            },
            new MySqlChangeEventSourceMetricsFactory(metrics),
            dispatcher,
            tables,
            signals,
            new NotificationService<>(
                getNotificationChannels(),
                connector,
                SchemaFactory.get(),
                dispatcher::enqueueNotification),
            snapshots);
    coordinator.start(context, records, metadata);
    return coordinator;
  }

  /**
   * Why an event could not be read, if so. The binlog client reads on behind it, so that the
   * records which follow may lack rows, and Debezium's own count of them with it; Debezium passes
   * the failure on beside its records. None may be used that was taken before this was looked at.
   */
  Optional<Throwable> unreadable() {
    return Optional.ofNullable(unreadable.get());
  }

  /** Called by the client's reader, before it goes on. */
  private final class Reader extends BinaryLogClient.AbstractLifecycleListener {
    @Override
    public void onDisconnect(BinaryLogClient client) {
      disconnected = true;
    }

    @Override
    public void onEventDeserializationFailure(BinaryLogClient client, Exception failure) {
      unreadable.compareAndSet(null, failure);
    }
  }

  private static BinlogConnectorConnection connect(
      Configuration config, MySqlConnectorConfig connector) {
    return new MySqlConnection(
        new MySqlConnectionConfiguration(config), MySqlFieldReaderResolver.resolve(connector));
  }

  private static MySqlValueConverters converters(MySqlConnectorConfig connector) {
    return new MySqlValueConverters(
        connector.getDecimalMode(),
        connector.getTemporalPrecisionMode(),
        connector.getBigIntUnsignedHandlingMode().asBigIntUnsignedMode(),
        connector.binaryHandlingMode(),
        unadjusted -> unadjusted,
        connector.getEventConvertingFailureHandlingMode(),
        connector.getServiceRegistry());
  }

  /** What Debezium's services look up by name. */
  private void registerBeans(
      Configuration config,
      MySqlConnectorConfig connector,
      BinlogConnectorConnection main,
      Offsets<MySqlPartition, MySqlOffsetContext> offsets,
      MySqlDatabaseSchema tables) {
    BeanRegistry beans = connector.getBeanRegistry();
    beans.add(StandardBeanNames.CONFIGURATION, config);
    beans.add(StandardBeanNames.CONNECTOR_CONFIG, connector);
    beans.add(StandardBeanNames.DATABASE_SCHEMA, tables);
    beans.add(StandardBeanNames.JDBC_CONNECTION, main);
    beans.add(StandardBeanNames.VALUE_CONVERTER, converters(connector));
    beans.add(StandardBeanNames.OFFSETS, offsets);
    beans.add(StandardBeanNames.CDC_SOURCE_TASK_CONTEXT, present(taskContext));
  }

  /** Ends the reader's wait for room, which nobody makes any longer. */
  void releaseReader() {
    taken.close();
  }

  private static <T> T present(@Nullable T started) {
    if (started == null) {
      throw new IllegalStateException("the task has not been started");
    }
    return started;
  }

  /**
   * Whether the reading of the binlog has ended. Debezium says nothing of a connection that was
   * closed in order, and would wait for ever.
   */
  boolean isDisconnected() {
    return disconnected;
  }

  @Override
  public List<SourceRecord> doPoll() throws InterruptedException {
    List<SourceRecord> records = taken.takeAll(TAKE_WITHIN);
    Throwable failed = getErrorHandler().map(ErrorHandler::getProducerThrowable).orElse(null);
    if (failed != null) {
      throw new ConnectException("Debezium's reader has failed: " + failed.getMessage(), failed);
    }
    return records;
  }

  @Override
  protected Optional<ErrorHandler> getErrorHandler() {
    return Optional.ofNullable(errorHandler);
  }

  @Override
  protected void doStop() {
    BinlogConnectorConnection main = connection;
    if (main != null) {
      try {
        main.close();
      } catch (SQLException e) {
        // it was lost: closed it is
      }
    }
    MySqlDatabaseSchema tables = schema;
    if (tables != null) {
      tables.close();
    }
    ChangeEventQueue<DataChangeEvent> records = queue;
    if (records != null) {
      records.close();
    }
  }
}
