package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import mayfly.store.StoreException.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test with an open store on some engine. */
abstract class EngineTest {
    final Records records = new Records(1);
    TestEngine engine;
    Store store;
    private final List<CompletableFuture<?>> handedIn = new ArrayList<>();

    abstract TestEngine engine() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        engine = engine();
        store = engine.open();
    }

    @AfterEach
    void closeStore() throws Exception {
        if (store == null) {
            return; // skipped
        }
        for (CompletableFuture<?> future : handedIn) {
            done(future);
        }
        store.close();
        engine.close();
    }

    void reopen() {
        store.close();
        store = engine.open();
    }

    /** A write that nobody waits for now; it must not fail. */
    void later(CompletableFuture<?> future) {
        handedIn.add(future);
    }

    static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    static Kind failure(CompletableFuture<?> future) throws Exception {
        try {
            Object answer = future.get(60, TimeUnit.SECONDS);
            throw new AssertionError("did not fail but answered " + answer);
        } catch (ExecutionException e) {
            return ((StoreException) e.getCause()).kind();
        }
    }

    /** Records hold arrays, so they are compared field by field. */
    static void same(Object actual, Object expected) {
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }
}
