package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.core.connection.Ending.End;
import mayfly.machine.InitFailedException;
import mayfly.node.ServiceSettings;
import mayfly.node.ServiceShell;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services from a client's connection to the program and back. A driver's test extends this and says how it is made. */
abstract class ServicesKit {
    @TempDir
    Path directory;

    ServiceBed bed;

    abstract ServiceBed bed() throws Exception;

    @BeforeEach
    void open() throws Exception {
        bed = bed();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
            assertThat(bed.machines.availablePermits()).isEqualTo(64);
        }
    }

    @Test
    void everyConnectionIsTheProgramsFirst() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(2))) {
            for (int i = 0; i < 5; i++) {
                try (Client client = Client.of(service)) {
                    assertThat(client.get("/")).isEqualTo("count 1");
                    assertThat(client.get("/")).isEqualTo("count 2");
                }
            }
            await().until(() -> service.stats().served() == 5);
            assertThat(service.stats().accepted()).isEqualTo(5);
            assertThat(service.stats().active() + service.stats().waiting()).isZero();
            assertThat(service.logs()).contains("request /");
            assertThat(service.accessLog().lines()).hasSize(5).allMatch(it -> it.contains(" closed received="));
        }
    }

    /** The design's flow B, drawn: two connections, two workers; a third waits; the first closes; reset; the third is served. */
    @Test
    void aThirdConnectionWaitsForTheFirstToCloseAndFindsNothingOfIt() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(2));
                Client first = Client.of(service);
                Client second = Client.of(service)) {
            assertThat(first.get("/first")).isEqualTo("count 1");
            assertThat(first.get("/first")).isEqualTo("count 2"); // its machine is not the template any more
            assertThat(second.get("/second")).isEqualTo("count 1");
            try (Client third = Client.of(service)) {
                third.ask("/third");
                await().until(() -> service.stats().waiting() == 1);
                assertThat(service.stats().active()).isEqualTo(2);
                assertThat(second.get("/second")).isEqualTo("count 2"); // the waiting one is nobody's business
                assertThat(service.logs()).doesNotContain("/third");
                first.hangUp();
                assertThat(third.answer()).isEqualTo("count 1");
                assertThat(second.get("/second")).isEqualTo("count 3");
                assertThat(service.stats().waiting()).isZero();
                assertThat(service.stats().machines()).isLessThanOrEqualTo(2);
            }
        }
    }

    @Test
    void fiveHundredAtOnceAreAllServedByEightMachines() throws Exception {
        int count = 500;
        try (ServiceShell service = bed.start(bed.settings(8));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch go = new CountDownLatch(1);
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                answers.add(clients.submit(() -> {
                    go.await();
                    return Client.once(service, "/");
                }));
            }
            go.countDown();
            for (Future<String> answer : answers) {
                assertThat(answer.get()).isEqualTo("count 1");
            }
            await().until(() -> service.stats().served() == count);
            assertThat(service.stats().accepted()).isEqualTo(count);
            assertThat(service.stats().refused()).isZero();
            assertThat(service.stats().machines()).isLessThanOrEqualTo(8);
            System.out.println("500 at once: " + service.stats());
        }
    }

    @Test
    void whoWaitsTooLongIsHungUpAndCountedByName() throws Exception {
        ServiceSettings settings = bed.waiting(Duration.ofMillis(300), 1, 2);
        try (ServiceShell service = bed.start(settings);
                Client first = Client.of(service)) {
            assertThat(first.get("/")).isEqualTo("count 1");
            for (int i = 0;
                    i < 5;
                    i++) { // two wait in us, others in the kernel: each has its time from when it is accepted
                assertThat(Client.once(service, "/late")).isEmpty();
            }
            await().until(() -> service.stats().count(End.WAITED_TOO_LONG) == 5); // counted after it was hung up
            assertThat(first.get("/")).isEqualTo("count 2");
            assertThat(service.accessLog()).contains(" waited_too_long ");
        }
    }

    @Test
    void noMoreAreAcceptedThanMayWait() throws Exception {
        ServiceSettings settings = bed.settings(1, "count", 1, 3, Duration.ofMinutes(5));
        try (ServiceShell service = bed.start(settings)) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(Client.of(service));
                clients.getLast().ask("/");
            }
            await().until(() -> service.stats().waiting() == 3);
            assertThat(clients.getFirst().answer()).isEqualTo("count 1");
            // the next place is taken when the first of the waiting has its machine: the rest is the kernel's
            assertThat(service.stats().accepted()).isEqualTo(4);
            for (Client client : clients) {
                if (client != clients.getFirst()) {
                    assertThat(client.answer()).isEqualTo("count 1");
                }
                assertThat(service.stats().waiting()).isLessThanOrEqualTo(3);
                client.close();
            }
            await().until(() -> service.stats().served() == 10);
        }
    }

    @Test
    void crashAndTimeLimitEndOneConnectionOnly() throws Exception {
        try (ServiceShell service = bed.start(bed.limited(Duration.ofMillis(500)))) {
            assertThat(Client.once(service, "/crash")).isEmpty();
            assertThat(Client.once(service, "/hang")).isEmpty();
            assertThat(Client.once(service, "/")).isEqualTo("count 1");
            try (Client idle = Client.of(service)) { // says nothing
                assertThat(idle.answer()).isEmpty();
            }
            await().until(() -> service.stats().served() == 1);
            assertThat(service.stats().crashed()).isEqualTo(1);
            assertThat(service.stats().timedOut()).isEqualTo(2);
            assertThat(service.accessLog()).contains("exited with status 3");
        }
    }

    @Test
    void aClientThatIsKilledLeavesNothing() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(1))) {
            for (int i = 0; i < 5; i++) {
                try (Client client = Client.of(service)) {
                    client.ask("/"); // and goes without reading the answer
                }
                try (Client _ = Client.of(service)) {} // or without asking
            }
            assertThat(Client.once(service, "/")).isEqualTo("count 1");
            await().until(() -> service.stats().served() == 11);
        }
    }

    @Test
    void aNewVersionTakesOverAndNobodyIsRefused() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(1, "one", 2, 64, Duration.ofMinutes(5)));
                Client old = Client.of(service);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(old.get("/")).isEqualTo("one 1");
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<Integer>> loads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                loads.add(clients.submit(() -> {
                    int newer = 0;
                    while (!stop.get()) {
                        String answer = Client.once(service, "/");
                        assertThat(answer).matches("(one|two) 1");
                        newer += answer.startsWith("two") ? 1 : 0;
                        assertThat(newer == 0 || answer.startsWith("two"))
                                .as("never back to the old one")
                                .isTrue();
                    }
                    return newer;
                }));
            }
            await().until(() -> service.stats().served() >= 20);
            service.replace(bed.settings(2, "two", 2, 64, Duration.ofMinutes(5)), bed.driver);
            assertThat(service.stats().version()).isEqualTo(2);
            long served = service.stats().served();
            assertThat(old.get("/")).isEqualTo("one 2"); // to its end
            await().until(() -> service.stats().served() >= served + 20);
            stop.set(true);
            for (Future<Integer> load : loads) {
                assertThat(load.get()).isPositive();
            }
            old.hangUp();
            assertThat(Client.once(service, "/")).isEqualTo("two 1");
            assertThat(service.stats().refused()).isZero();
            await().until(() -> bed.machines.availablePermits() == 64);
        }
    }

    @Test
    void aVersionThatDoesNotStartReplacesNothing() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(1))) {
            ServiceSettings broken = bed.settings(2, "two", 1, 64, Duration.ofMinutes(5));
            Files.writeString(directory.resolve("app2.py"), "raise SystemExit('no configuration')");
            assertThatThrownBy(() -> service.replace(broken, bed.driver))
                    .isInstanceOfSatisfying(
                            InitFailedException.class,
                            it -> assertThat(it.error().stack()).contains("no configuration"));
            assertThat(Client.once(service, "/")).isEqualTo("count 1");
            assertThat(service.stats().version()).isEqualTo(1);
        }
    }

    @Test
    void moreWorkersServeWhoWaitsAndFewerEndWithTheirConnections() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(1));
                Client first = Client.of(service)) {
            assertThat(first.get("/")).isEqualTo("count 1");
            try (Client second = Client.of(service)) {
                second.ask("/");
                await().until(() -> service.stats().waiting() == 1);
                service.scale(2);
                assertThat(second.answer()).isEqualTo("count 1");
                service.scale(1);
                assertThat(second.get("/")).isEqualTo("count 2"); // not under its connection
                assertThat(service.stats().workers()).isEqualTo(1);
            }
            assertThatThrownBy(() -> service.scale(17)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void afterSilenceNothingIsKeptAndTheNextConnectionWaitsForTheProgram() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(1, "count", 2, 64, Duration.ofMillis(100)))) {
            assertThat(Client.once(service, "/")).isEqualTo("count 1");
            await().until(() -> !service.stats().awake());
            assertThat(service.stats().machines()).isZero();
            assertThat(Client.once(service, "/")).isEqualTo("count 1");
            assertThat(service.stats().refused()).isZero();
        }
        try (ServiceShell service = ServiceShell.resume(bed.settings(1), bed.driver, bed.place)) {
            assertThat(service.stats().awake()).isFalse();
            assertThat(Client.once(service, "/")).isEqualTo("count 1");
        }
    }

    @Test
    void aDrainServesWhatWasAcceptedAndHangsUpOnTheRestByName() throws Exception {
        ServiceShell service = bed.start(bed.settings(1));
        List<Client> waiting = new ArrayList<>();
        try (Client first = Client.of(service);
                ExecutorService drains = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(first.get("/")).isEqualTo("count 1");
            for (int i = 0; i < 3; i++) {
                waiting.add(Client.of(service));
                waiting.getLast().ask("/");
            }
            await().until(() -> service.stats().waiting() == 3);
            Future<?> drained = drains.submit(() -> service.drain(Duration.ofMinutes(1)));
            await().until(() -> isRefused(service));
            assertThat(first.get("/")).isEqualTo("count 2");
            first.hangUp();
            assertThat(waiting.getFirst().answer()).isEqualTo("count 1"); // and stays
            assertThat(drained.isDone()).isFalse();
            service.drain(Duration.ofMillis(10)); // somebody has less patience
            drained.get();
            for (int i = 1; i < 3; i++) {
                assertThat(waiting.get(i).answer()).isEmpty();
            }
            assertThat(service.stats().served()).isEqualTo(1);
            assertThat(service.stats().cancelled()).isEqualTo(1);
            assertThat(service.stats().count(End.DRAINED)).isEqualTo(2);
            assertThat(service.stats().accepted()).isEqualTo(4);
        }
    }

    private static boolean isRefused(ServiceShell service) throws IOException {
        try (Client _ = Client.of(service)) {
            return false;
        } catch (ConnectException e) {
            return true;
        }
    }
}
