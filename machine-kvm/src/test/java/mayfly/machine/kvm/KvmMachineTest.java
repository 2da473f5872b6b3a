package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import mayfly.base.Ids;
import mayfly.linux.StreamListener;
import mayfly.linux.StreamSocket;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.Work;
import org.junit.jupiter.api.Test;

class KvmMachineTest {
    /** Closes the machine from another thread whenever it is used, and goes on when that is done or has to wait. */
    private static final class ClosedMeanwhile implements KvmMachine.Lease {
        final List<String> calls = new ArrayList<>();
        private KvmMachine machine;
        private Thread closer;

        KvmMachine machine(boolean reusable) {
            machine = new KvmMachine(Ids.system().machine(), this, reusable);
            return machine;
        }

        private void raceWithClose() {
            closer = Thread.ofPlatform().start(machine::close);
            while (closer.getState() != Thread.State.BLOCKED && closer.getState() != Thread.State.TERMINATED) {
                Thread.onSpinWait();
            }
        }

        void awaitClose() throws InterruptedException {
            closer.join();
        }

        private synchronized void note(String call) {
            calls.add(call);
        }

        @Override
        public CompletableFuture<Outcome> exec(Work work) {
            raceWithClose();
            note("exec");
            return CompletableFuture.completedFuture(new Outcome.Success(new byte[0], true, 0));
        }

        @Override
        public CompletableFuture<Served> serve(Connection connection, Duration limit, LogSink logs) {
            raceWithClose();
            note("serve");
            return CompletableFuture.completedFuture(new Served(Served.End.CLOSED, "", 0, 0));
        }

        @Override
        public CompletableFuture<Boolean> ping(long timeoutMillis, boolean andReset) {
            raceWithClose();
            note("ping");
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public void giveBack() {
            note("give back");
        }
    }

    @Test
    void aCallRacingWithCloseIsQueuedBeforeTheShellIsGivenBack() throws Exception {
        ClosedMeanwhile lease = new ClosedMeanwhile();
        KvmMachine machine = lease.machine(false);
        assertThat(machine.exec(work())).isInstanceOf(Outcome.Success.class);
        lease.awaitClose();
        assertThat(lease.calls).containsExactly("exec", "give back");
        assertThat(machine.exec(work())).isInstanceOf(Outcome.NotStarted.class);
    }

    @Test
    void aPingRacingWithCloseIsQueuedBeforeTheShellIsGivenBack() throws Exception {
        ClosedMeanwhile lease = new ClosedMeanwhile();
        KvmMachine machine = lease.machine(true);
        assertThat(machine.ping(1000)).isTrue();
        lease.awaitClose();
        assertThat(lease.calls).containsExactly("ping", "give back");
        assertThat(machine.ping(1000)).isFalse();
    }

    @Test
    void aConnectionRacingWithCloseIsQueuedBeforeTheShellIsGivenBack() throws Exception {
        ClosedMeanwhile lease = new ClosedMeanwhile();
        KvmMachine machine = lease.machine(false);
        Path path = Files.createTempDirectory("race").resolve("s");
        try (StreamListener listener = StreamListener.unix(path, 1);
                Connection connection = new Connection(StreamSocket.connect(StreamListener.address(path)))) {
            assertThat(listener.local()).isNull();
            assertThat(machine.serve(connection, Duration.ofSeconds(1), LogSink.NONE)
                            .end())
                    .isEqualTo(Served.End.CLOSED);
            lease.awaitClose();
            assertThat(lease.calls).containsExactly("serve", "give back");
            assertThat(machine.serve(connection, Duration.ofSeconds(1), LogSink.NONE)
                            .end())
                    .isEqualTo(Served.End.NOT_STARTED);
        } finally {
            Files.delete(path);
            Files.delete(path.getParent());
        }
    }

    private static Work work() {
        return new Work(Ids.system().invocation(), new byte[0], true, Duration.ofSeconds(1), LogSink.NONE);
    }
}
