package io.homecell.tests.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The boundaries between the modules. Each rule says what to do instead. */
class ArchitectureTest {
  private static final String OURS = "io.homecell.";

  /**
   * The module of each package of ours, and which other packages of ours it may use: never a
   * service module's.
   */
  private static final Map<String, Module> MODULES =
      Map.ofEntries(
          Map.entry("core", new Module("cell-core", Set.of())),
          Map.entry("api", new Module("cell-api", Set.of("core"))),
          Map.entry("router", new Module("cell-router", Set.of("core"))),
          Map.entry("account", new Module("account-cell", Set.of("core", "api"))),
          Map.entry("trade", new Module("trade-cell", Set.of("core", "api"))),
          Map.entry("sync", new Module("dc-sync", Set.of("core"))),
          Map.entry("canal", new Module("canal-server", Set.of("core"))),
          Map.entry("coordinator", new Module("job-coordinator", Set.of("core", "api"))),
          Map.entry("local", new Module("cell-local", Set.of("core"))),
          Map.entry("cellctl", new Module("cell-ctl", Set.of("core", "local"))));

  private record Module(String name, Set<String> mayUse) {}

  private static CompiledModules modules;
  private static JavaClasses all;

  @BeforeAll
  static void read() throws IOException {
    modules = CompiledModules.read();
    all = modules.classes();
  }

  static Stream<String> packages() {
    return MODULES.keySet().stream().sorted();
  }

  @Test
  void everyModuleIsKnownHere() {
    assertThat(MODULES.values().stream().map(Module::name))
        .as("a new module needs its package and what it may use in MODULES")
        .containsAll(modules.names());
  }

  @Test
  void aModulesClassesAreInItsOwnPackage() {
    classes()
        .should(
            new ArchCondition<JavaClass>("be in the package of their module") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                String module = CompiledModules.moduleOf(type);
                Module expected = MODULES.get(part(type));
                boolean fits = expected != null && expected.name().equals(module);
                events.add(
                    new SimpleConditionEvent(type, fits, type.getName() + " is in " + module));
              }
            })
        .because(
            "the other rules go by package: move the class to the module that its package belongs"
                + " to, or to a package of its module")
        .check(all);
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aModuleUsesOnlyWhatItMay(String part) {
    Set<String> allowed = MODULES.get(part).mayUse();
    noClasses()
        .that()
        .resideInAPackage(OURS + part + "..")
        .should()
        .dependOnClassesThat(
            describe(
                "belong to another module than " + part + " and " + allowed,
                type ->
                    type.getPackageName().startsWith(OURS)
                        && !part(type).equals(part)
                        && !allowed.contains(part(type))))
        .because(
            "modules meet only in cell-core and cell-api: put a contract into io.homecell.api and call"
                + " it over Dubbo or HTTP, or move what both need to io.homecell.core")
        .allowEmptyShould(true)
        .check(all);
  }

  @Test
  void applicationsReachTheirDatabaseOnlyThroughTheFence() {
    noClasses()
        .that()
        .resideInAnyPackage("io.homecell.account..", "io.homecell.trade..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(
            java.sql.DriverManager.class,
            java.sql.Driver.class,
            java.sql.Connection.class,
            java.sql.Statement.class,
            java.sql.PreparedStatement.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("javax.sql..", "com.zaxxer..", "com.mysql..")
        .because(
            "a write that goes around the fence is lost in a failover: use"
                + " io.homecell.core.fence.FencedDatabase, read() or write(slots, body)")
        .allowEmptyShould(true)
        .check(all);
  }

  @Test
  void classesAndPackagesAreNamedAfterWhatTheDomainCallsThem() {
    noClasses()
        .should()
        .haveNameMatching(".*(Utils?|Utilities|Managers?|Helpers?|Impl|Commons?)(\\$.*)?")
        .orShould()
        .resideInAnyPackage("..util..", "..manager..", "..helper..", "..impl..", "..common..")
        .because(
            "such a name gathers what has nothing in common: name the class after the one thing that"
                + " it does (MysqlFencedDatabase, LastGoodCopy), the package after its subject")
        .check(all);
  }

  @Test
  void replicationRunsWithoutDubbo() {
    noClasses()
        .that()
        .resideInAnyPackage("io.homecell.sync..", "io.homecell.canal..", "io.homecell.router..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.dubbo..")
        .because(
            "Dubbo's libraries clash with Debezium's and Canal's: talk to a cell through its database"
                + " or over HTTP")
        .allowEmptyShould(true)
        .check(all);
  }

  @Test
  void theCoreNeedsDubboOnlyForRpc() {
    noClasses()
        .that()
        .resideInAPackage("io.homecell.core..")
        .and()
        .resideOutsideOfPackage("io.homecell.core.rpc..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.dubbo..")
        .because(
            "modules without Dubbo load the core too: put Dubbo's extension points into"
                + " io.homecell.core.rpc, and keep the rest free of them")
        .check(all);
  }

  @Test
  void eachEngineStaysInTheModuleThatNeedsIt() {
    keepsTo("Canal", "com.alibaba.otter..", "io.homecell.sync..", "io.homecell.canal..");
    keepsTo("Debezium", "io.debezium..", "io.homecell.sync..");
    keepsTo("ElasticJob", "org.apache.shardingsphere.elasticjob..", "io.homecell.coordinator..");
    keepsTo("Vert.x", "io.vertx..", "io.homecell.router..");
  }

  private static void keepsTo(String engine, String itsPackages, String... ours) {
    noClasses()
        .that()
        .resideOutsideOfPackages(ours)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(itsPackages)
        .because(
            engine
                + "'s libraries clash with others': keep what uses it in "
                + String.join(" or ", ours)
                + ", and hand over plain types of io.homecell.core")
        .check(all);
  }

  private static String part(JavaClass type) {
    String name = type.getPackageName();
    String rest = name.startsWith(OURS) ? name.substring(OURS.length()) : name;
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }
}
