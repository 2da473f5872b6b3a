package mayfly.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;
import mayfly.store.TaskFilter;
import mayfly.store.TestEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MigratorTest {
    private static final int KNOWN = Migrations.all().size();
    private static final Migration MORE = new Migration(KNOWN + 1, "more", """
            -- a comment; with a semicolon
            ALTER TABLE tasks ADD COLUMN mood {text};

            UPDATE tasks SET mood = 'fine';
            CREATE TABLE extra (id {int} PRIMARY KEY, raw {bytes}) {strict};
            """);

    private TestEngine engine;

    private TestEngine engine(String name) throws Exception {
        engine = name.equals("sqlite") ? TestEngine.sqlite() : TestEngine.postgres();
        return engine;
    }

    @AfterEach
    void close() throws Exception {
        if (engine != null) {
            engine.close();
        }
    }

    private void migrate(List<Migration> known) throws SQLException {
        try (Session session = engine.dialect().openWriter()) {
            Migrator.migrate(engine.dialect(), session, known);
        }
    }

    private List<String> query(String sql) throws SQLException {
        try (Session session = engine.dialect().openWriter()) {
            return session.list(Row::text, sql);
        }
    }

    private static List<Migration> plus(Migration... more) {
        List<Migration> all = new ArrayList<>(Migrations.all());
        all.addAll(List.of(more));
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void dataGoesAlongToTheNextVersion(String name) throws Exception {
        engine(name).open().close();
        query("INSERT INTO tasks VALUES ('task_" + "0".repeat(26)
                + "', 'n', 'lost', 0, NULL, NULL, 0, NULL, NULL, 1, '', '{}') RETURNING id");
        migrate(plus(MORE));
        assertThat(query("SELECT mood FROM tasks")).containsExactly("fine");
        assertThat(query("SELECT name FROM migrations ORDER BY version"))
                .containsExactly("first", "services", "actors", "more");
        migrate(plus(MORE));
        assertThat(query("SELECT mood FROM tasks")).containsExactly("fine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void dataOfANewerMayflyIsRefused(String name) throws Exception {
        engine(name);
        migrate(plus(MORE));
        assertThatThrownBy(engine::open).isInstanceOfSatisfying(StoreException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.NEWER);
            assertThat(e.getMessage())
                    .contains("schema version " + (KNOWN + 1), "versions up to " + KNOWN, "newer Mayfly", "backup")
                    .contains(engine.dialect().place());
        });
        // Untouched, and usable by the newer one.
        migrate(plus(MORE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void aStepThatWasChangedIsRefused(String name) throws Exception {
        engine(name);
        migrate(plus(MORE));
        Migration changed = new Migration(KNOWN + 1, "more", MORE.text() + "-- changed\n");
        assertThatThrownBy(() -> migrate(plus(changed)))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FAILED))
                .hasMessageContaining("schema step " + (KNOWN + 1) + " (more)")
                .hasMessageContaining("checksum");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void aStepThatFailsLeavesNothingBehind(String name) throws Exception {
        engine(name).open().close();
        Migration broken =
                new Migration(KNOWN + 2, "broken", "CREATE TABLE half (id {int});\nALTER TABLE nothing ADD x;\n");
        assertThatThrownBy(() -> migrate(plus(MORE, broken))).isInstanceOf(SQLException.class);
        assertThat(query("SELECT name FROM migrations")).containsExactly("first", "services", "actors");
        try (Session session = engine.dialect().openWriter()) {
            assertThat(engine.dialect().hasTable(session, "half")).isFalse();
            assertThat(engine.dialect().hasTable(session, "extra")).isFalse();
        }
        try (Store store = engine.open()) {
            assertThat(store.tasks(new TaskFilter(null, null, false, null, 1))).isEmpty();
        }
    }

    @Test
    void migrationsAreNumberedWithoutGaps() {
        List<Migration> all = Migrations.all();
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i).version()).isEqualTo(i + 1);
        }
    }

    @Test
    void releasedStepsAreNeverChanged() {
        // A failing line here means: put the file back, and write a new step.
        assertThat(Migrations.all())
                .extracting(Migration::checksum)
                .containsExactly(
                        "9c74bbc037b829c180fec878f68b01e3674aa07ecbc9e1cde6415b7a93f0d651",
                        "f61c8ff1b99dc7c4a59f09c12652c2b6e8e4743bcf9742f7c63da463af0ff7b3",
                        "12d5f6a608dc19b1e2257f369f1f07d71b2025c2db1120c498b891407e847eee");
    }
}
