package mayfly.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import mayfly.store.ActorFilter;
import mayfly.store.KvRange;
import mayfly.store.RunnerFilter;
import mayfly.store.TestEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How the embedded engine reads about actors, of which there may be very many: always by the index that was made for
 * it, in its order, never by sorting and never by looking at all.
 */
final class ReadPlanTest {
    private static final NamespaceId SPACE = new NamespaceId("ns" + "0".repeat(26));
    private static final ActorId ACTOR = new ActorId("act" + "0".repeat(26));
    private static final RunnerId RUNNER = new RunnerId("run" + "0".repeat(26));

    private interface Reading {
        Object on(Session session) throws SQLException;
    }

    private TestEngine engine;
    private Session session;
    private Session recording;
    private final List<String> prepared = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        engine = TestEngine.sqlite();
        engine.open().close();
        session = engine.dialect().openReader();
        Connection real = session.connection();
        recording = new Session((Connection) Proxy.newProxyInstance(
                ReadPlanTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (_, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")) {
                        prepared.add((String) arguments[0]);
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @AfterEach
    void close() throws Exception {
        recording.close();
        engine.close();
    }

    /** What the engine says about each step of the one statement that this reading prepares. */
    private List<String> plan(Reading reading) throws SQLException {
        List<String> steps = steps(reading);
        assertThat(steps).noneMatch(step -> step.contains("TEMP B-TREE"));
        return steps;
    }

    private List<String> steps(Reading reading) throws SQLException {
        prepared.clear();
        reading.on(recording);
        assertThat(prepared).hasSize(1);
        List<String> steps = new ArrayList<>();
        try (Statement statement = session.connection().createStatement();
                ResultSet result = statement.executeQuery("EXPLAIN QUERY PLAN " + prepared.getFirst())) {
            while (result.next()) {
                steps.add(result.getString("detail"));
            }
        }
        return steps;
    }

    private void finds(String index, Reading reading) throws SQLException {
        assertThat(plan(reading))
                .anyMatch(step -> step.matches("(SEARCH|SCAN) \\w+ USING (COVERING )?INDEX " + index + "\\b.*"));
    }

    private static ActorFilter actors(String name, String key, boolean destroyed, ActorId before) {
        return new ActorFilter(SPACE, name, key, List.of(), destroyed, before, 10);
    }

    @Test
    void everyReadOfActorsHasItsIndex() throws Exception {
        finds("sqlite_autoindex_actors_1", s -> Actors.get(s, ACTOR));
        finds("actors_by_key", s -> Actors.byKey(s, SPACE, "n", "k"));
        finds("actors_awake", s -> Actors.awake(s, null, 10));
        finds("actors_awake", s -> Actors.awake(s, ACTOR, 10));
        finds("actors_by_alarm", s -> Actors.due(s, Instant.EPOCH, 10));
        finds("actors_by_alarm", Actors::nextAlarm);
        for (ActorId before : new ActorId[] {null, ACTOR}) {
            finds("actors_living", s -> Actors.list(s, actors(null, null, false, before)));
            finds("actors_living_by_name", s -> Actors.list(s, actors("n", null, false, before)));
            finds("actors_by_key", s -> Actors.list(s, actors("n", "k", false, before)));
            // Of both kinds a page is read in the index's order; the two pages may be sorted.
            assertThat(steps(s -> Actors.list(s, actors(null, null, true, before))))
                    .anyMatch(step -> step.contains("INDEX actors_living ("))
                    .anyMatch(step -> step.contains("INDEX actors_destroyed ("));
            assertThat(steps(s -> Actors.list(s, actors("n", null, true, before))))
                    .anyMatch(step -> step.contains("INDEX actors_living_by_name ("))
                    .anyMatch(step -> step.contains("INDEX actors_destroyed_by_name ("));
        }
    }

    @Test
    void everyReadOfRunnersHasItsIndex() throws Exception {
        finds("runners_by_key", s -> Runners.byKey(s, SPACE, "k"));
        finds("runners_by_pool", s -> Runners.pools(s, SPACE, "p", 10));
        finds("runners_open", s -> Runners.open(s, RUNNER, 10));
        finds("runners_by_pool", s -> Runners.list(s, new RunnerFilter(SPACE, "p", List.of(), true, RUNNER, 10)));
    }

    @Test
    void whatAnActorKeepsIsFoundByItsKey() throws Exception {
        byte[] key = {1};
        finds("sqlite_autoindex_kv_1", s -> Kv.get(s, ACTOR, List.of(key)));
        finds("sqlite_autoindex_kv_1", s -> Kv.get(s, ACTOR, List.of(key, key, key)));
        finds("sqlite_autoindex_kv_1", s -> Kv.list(s, ACTOR, KvRange.prefix(key), false, 10));
        finds("sqlite_autoindex_kv_1", s -> Kv.list(s, ACTOR, KvRange.all(), true, 10));
        finds("sqlite_autoindex_kv_1", s -> Kv.bytes(s, ACTOR));
    }

    @Test
    void thisTestSeesAReadWithoutAnIndex() throws Exception {
        assertThat(plan(s -> s.list(Row::text, "SELECT id FROM actors WHERE state = ?", "x")))
                .noneMatch(step -> step.contains(" INDEX "));
    }
}
