package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.store.StoreException.Kind;
import org.junit.jupiter.api.Test;

/** The server goes away and comes back, or is not ours alone. */
final class PostgresLossTest extends EngineTest {
    private String database;

    @Override
    TestEngine engine() throws Exception {
        PostgresServer server = PostgresServer.shared();
        database = server.newDatabase();
        return new TestEngine.Postgres(server.url(database));
    }

    @Test
    void writesOutliveTheirConnection() throws Exception {
        try (Connection admin = PostgresServer.shared().connect("postgres");
                Statement statement = admin.createStatement()) {
            AtomicBoolean stop = new AtomicBoolean();
            List<InvocationRecord> put = new ArrayList<>();
            List<CompletableFuture<Void>> told = new ArrayList<>();
            Thread writing = Thread.startVirtualThread(() -> {
                while (!stop.get()) {
                    put.add(records.invocation("success"));
                    told.add(store.putInvocation(put.getLast()));
                    told.getLast().join();
                }
            });
            for (int round = 0; round < 10; round++) {
                statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database
                        + "' AND application_name = 'mayfly'");
                InvocationRecord mark = new Records(50 + round).invocation("success");
                done(store.putInvocation(mark));
                // The pooled readers lost their connections as well.
                assertThat(store.invocation(mark.id())).isPresent();
            }
            stop.set(true);
            writing.join();
            for (int i = 0; i < put.size(); i++) {
                done(told.get(i));
                assertThat(store.invocation(put.get(i).id())).isPresent();
            }
        }
    }

    @Test
    void aKilledServerComesBack() throws Exception {
        PostgresServer server = PostgresServer.shared();
        InvocationRecord before = records.invocation("success");
        done(store.putInvocation(before));
        server.kill();
        assertThatThrownBy(() -> store.invocation(before.id()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FAILED))
                .hasMessageContaining(database);
        InvocationRecord meanwhile = records.invocation("success");
        CompletableFuture<Void> waiting = store.putInvocation(meanwhile);
        server.start();
        boolean kept = waiting.handle((_, failure) -> failure == null).get(60, TimeUnit.SECONDS);
        assertThat(store.invocation(meanwhile.id()).isPresent()).isEqualTo(kept);
        done(store.putInvocation(records.invocation("success")));
        assertThat(store.invocation(before.id())).isPresent();
    }

    @Test
    void aSecondNodeIsKeptOut() {
        assertThatThrownBy(engine::open)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                .hasMessageContaining("another node writes to this database");
    }

    @Test
    void urlsThatAreWrongSayWhatWithoutThePassword() {
        for (String wrong : List.of(
                "mysql://u:secret@h/d",
                "postgresql://u:secret@h",
                "postgresql://u:secret@h/",
                "postgresql://u:secret@h/a/b",
                "postgresql:///d",
                "postgresql://h/d",
                "postgresql://u:secret@h/d?sslmod=require",
                "postgresql://u:secret@h/d#x",
                "postgresql://u:sec%ret@h/d",
                "postgresql://u:sec ret@h/d",
                "")) {
            assertThatThrownBy(() -> Stores.postgresql(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("postgresql://user:password@host:port/database")
                    .hasMessageNotContaining("secret")
                    .hasNoCause();
        }
    }

    @Test
    void aServerThatDoesNotAnswerOrRefusesIsNamed() {
        assertThatThrownBy(() -> Stores.postgresql("postgresql://u:secret@127.0.0.1:1/nothing"))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("127.0.0.1:1/nothing")
                .hasMessageNotContaining("secret");
        String wrongPassword = engine.place().replaceFirst("://mayfly:[^@]*@", "://mayfly:secret@");
        assertThatThrownBy(() -> Stores.postgresql(wrongPassword))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("password authentication failed")
                .hasMessageNotContaining("secret");
    }

    @Test
    void interruptedWaitingIsNotTheEndOfTheStore() throws Exception {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> store.invocation(records.invocationId())).isInstanceOf(StoreException.class);
        assertThat(Thread.interrupted()).isTrue();
        try {
            done(store.putInvocation(records.invocation("success")));
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
