package mayfly.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import mayfly.api.Isolation;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceListen;
import mayfly.api.ServiceMode;
import mayfly.api.ServiceStatus;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.RefusedException;
import mayfly.store.ServiceFilter;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services over a real store and real sockets, with machines that only hang up. */
class ServiceRegistryTest {
    @TempDir
    Path data;

    private ServingDriver driver;
    private Store store;
    private Node node;
    private volatile String broken = "";

    @BeforeEach
    void start() throws IOException {
        driver = new ServingDriver();
        store = Stores.embedded(data);
        node = Node.start(
                NodeSpec.defaults(data),
                breaking(store),
                List.of(driver),
                new ScriptedSupervisor(),
                Clock.system(),
                Ids.system());
    }

    @AfterEach
    void stop() {
        node.close();
        store.close();
        assertThat(driver.templates).hasValue(0);
    }

    private void restart() throws IOException {
        node.close();
        store.close();
        start();
    }

    /** The store, of which the method called {@code broken} fails. */
    private Store breaking(Store whole) {
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (_, method, arguments) -> {
                    if (method.getName().equals(broken)) {
                        return CompletableFuture.failedFuture(
                                new StoreException(StoreException.Kind.FULL, "no space left on device"));
                    }
                    try {
                        return method.invoke(whole, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void theRecordIsThereBeforeTheProgramStarts() throws Exception {
        driver.atBoot = () -> {
            assertThat(store.service("web")).isPresent();
            assertThat(status("web")).isEqualTo(ServiceStatus.STARTING);
        };
        ServiceView made = services().create(service("web"));
        assertThat(made.status()).isEqualTo(ServiceStatus.ACTIVE);
        assertThat(made.version()).isEqualTo(1);
        connect(made);
        await().until(() -> services().get("web").stats().orElseThrow().served() == 1);
        assertThat(new String(services().output("web"), StandardCharsets.UTF_8)).isEqualTo("served\n");
        assertThat(new String(services().accessLog("web"), StandardCharsets.UTF_8))
                .contains(" closed ");
        assertThat(refusal(() -> services().create(service("web")))).isEqualTo(ErrorCode.SERVICE_EXISTS);
    }

    @Test
    void whatDoesNotStartLeavesNothing() throws Exception {
        ProgramFailedException failed = catchThrowableOfType(
                ProgramFailedException.class, () -> services().create(failing("web")));
        assertThat(failed.error().stack()).isEqualTo("it said this");
        assertThat(store.service("web")).isEmpty();
        assertThat(driver.forgotten).contains("service web v1");
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ServiceDefinition taken = service("web", other.getLocalPort(), Map.of());
            RefusedException refused = catchThrowableOfType(
                    RefusedException.class, () -> services().create(taken));
            assertThat(refused.code()).isEqualTo(ErrorCode.SERVICE_ADDRESS_TAKEN);
            assertThat(refused).hasMessageContaining("127.0.0.1:" + other.getLocalPort() + " is in use");
        }
        assertThat(store.service("web")).isEmpty();
        broken = "createService";
        assertThat(refusal(() -> services().create(service("web")))).isEqualTo(ErrorCode.STORE_FULL);
        broken = "";
        assertThat(services().create(service("web")).status()).isEqualTo(ServiceStatus.ACTIVE);
    }

    @Test
    void aReplacementThatFailsChangesNothing() throws Exception {
        ServiceView first = services().create(service("web"));
        assertThat(catchThrowableOfType(
                        ProgramFailedException.class, () -> services().replace(failing("web"))))
                .isNotNull();
        assertThat(services().get("web").version()).isEqualTo(1);
        connect(first);
        ServiceDefinition elsewhere = service("web", 1, Map.of());
        assertThat(refusal(() -> services().replace(elsewhere))).isEqualTo(ErrorCode.SERVICE_INVALID);
        broken = "replaceService";
        assertThat(refusal(() -> services().replace(service("web", 0, Map.of("A", "new")))))
                .isEqualTo(ErrorCode.STORE_FULL);
        broken = "";
        ServiceView same = services().get("web");
        assertThat(same.version()).isEqualTo(1);
        assertThat(same.stats().orElseThrow().version()).isEqualTo(1);
        ServiceView second = services().replace(service("web", 0, Map.of("A", "new")));
        assertThat(second.version()).isEqualTo(2);
        assertThat(second.address()).isEqualTo(first.address());
        assertThat(second.stats().orElseThrow().version()).isEqualTo(2);
        assertThat(refusal(() -> services().replace(service("nobody")))).isEqualTo(ErrorCode.SERVICE_NOT_FOUND);
    }

    @Test
    void scalesAreDurable() throws Exception {
        services().create(service("web"));
        services().scale("web", 7);
        assertThat(services().get("web").stats().orElseThrow().workers()).isEqualTo(7);
        restart();
        assertThat(services().get("web").definition().workers()).isEqualTo(7);
        assertThat(services().get("web").status()).isEqualTo(ServiceStatus.ACTIVE);
    }

    @Test
    void whatCannotStartAgainIsListedAndKeepsNobodyElseFromStarting() throws Exception {
        Path directory = Files.createDirectories(data.resolve("site"));
        services().create(in(service("a-gone"), directory));
        services().create(service("web"));
        Files.delete(directory);
        restart();
        ServiceView gone = services().get("a-gone");
        assertThat(gone.status()).isEqualTo(ServiceStatus.FAILED);
        assertThat(gone.reason()).contains("there is no directory " + directory);
        assertThat(services().list(new ServiceFilter(null, null, 10)))
                .extracting(ServiceView::status)
                .containsExactly(ServiceStatus.FAILED, ServiceStatus.ACTIVE);
        connect(services().get("web"));
        assertThat(refusal(() -> services().drain("a-gone"))).isEqualTo(ErrorCode.SERVICE_NOT_RUNNING);
        Files.createDirectories(directory);
        assertThat(services().replace(in(service("a-gone"), directory)).status())
                .isEqualTo(ServiceStatus.ACTIVE);
        services().delete("a-gone");
        assertThat(refusal(() -> services().get("a-gone"))).isEqualTo(ErrorCode.SERVICE_NOT_FOUND);
    }

    @Test
    void aDrainedServiceIsThereAndStartsAgain() throws Exception {
        ServiceView made = services().create(service("web"));
        connect(made);
        ServiceView drained = services().drain("web");
        assertThat(drained.status()).isEqualTo(ServiceStatus.DRAINED);
        assertThat(drained.address()).isEmpty();
        assertThat(drained.stats().orElseThrow().accepted()).isEqualTo(1);
        assertThat(catchThrowableOfType(IOException.class, () -> connect(made))).isNotNull();
        assertThat(refusal(() -> services().scale("web", 1))).isEqualTo(ErrorCode.SERVICE_NOT_RUNNING);
        assertThat(services().replace(service("web")).status()).isEqualTo(ServiceStatus.ACTIVE);
        services().drain("web");
        restart();
        assertThat(status("web")).isEqualTo(ServiceStatus.ACTIVE);
    }

    @Test
    void aStoppingNodeListensNoMoreAndTakesNothingNew() throws Exception {
        ServiceView made = services().create(service("web"));
        node.drain();
        await().until(() -> {
            try {
                connect(made);
                return false;
            } catch (IOException refused) {
                return true;
            }
        });
        assertThat(refusal(() -> services().create(service("other")))).isEqualTo(ErrorCode.NODE_DRAINING);
    }

    @Test
    void programsAreFoundWhereMachinesSeeThem() throws Exception {
        Path home = Files.createDirectories(data.resolve("home"));
        Path shim = Files.writeString(home.resolve("sh"), "#!/bin/sh\n");
        assertThat(shim.toFile().setExecutable(true)).isTrue();
        ServicePlans plans = new ServicePlans(
                List.of(home, Path.of("/usr/bin")), java.time.Duration.ofSeconds(1), java.time.Duration.ofSeconds(1));
        assertThat(plans.settings(service("web"), 1).template().program()).containsExactly("/usr/bin/sh", "-c", "x");
        assertThat(plans.settings(in(service("web"), home), 1).template().program())
                .startsWith(shim.toString());
        ServicePlans homeOnly = new ServicePlans(List.of(home), plans.initTimeout(), plans.idleAfter());
        RefusedException refused =
                catchThrowableOfType(RefusedException.class, () -> homeOnly.settings(service("web"), 1));
        assertThat(refused).hasMessageContaining("machines do not see " + shim);
        assertThat(ServicePlans.path("/a::b:/c")).containsExactly(Path.of("/a"), Path.of("/c"));
    }

    private ServiceRegistry services() {
        return node.services();
    }

    private ServiceStatus status(String name) {
        return services().list(new ServiceFilter(name, null, 1)).getFirst().status();
    }

    private interface Call {
        void run() throws Exception;
    }

    private static ErrorCode refusal(Call call) {
        return catchThrowableOfType(RefusedException.class, call::run).code();
    }

    private static void connect(ServiceView service) throws IOException {
        String address = service.address().orElseThrow();
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    private static ServiceDefinition service(String name) {
        return service(name, 0, Map.of());
    }

    private static ServiceDefinition failing(String name) {
        return service(name, 0, Map.of("FAILS", "1"));
    }

    private static ServiceDefinition service(String name, int port, Map<String, String> env) {
        return new ServiceDefinition(
                name,
                List.of("sh", "-c", "x"),
                ServiceMode.EPHEMERAL,
                new ServiceListen(Optional.of("127.0.0.1"), Optional.of(port), Optional.empty()),
                Optional.empty(),
                2,
                16,
                0,
                new TreeMap<>(env),
                List.of(),
                List.of(),
                List.of(),
                64,
                10_000,
                Optional.empty(),
                "/",
                Isolation.ANY);
    }

    private static ServiceDefinition in(ServiceDefinition service, Path directory) {
        return new ServiceDefinition(
                service.name(),
                service.program(),
                service.mode(),
                service.listen(),
                service.guestPort(),
                service.workers(),
                service.waitingMax(),
                service.warmup(),
                service.env(),
                List.of(directory.toString()),
                service.volumes(),
                service.allowConnect(),
                service.memoryMb(),
                service.requestTimeoutMs(),
                service.idleAfterMs(),
                directory.toString(),
                service.isolation());
    }
}
