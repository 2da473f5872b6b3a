package mayfly.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import mayfly.store.TestEngine;
import org.junit.jupiter.api.Test;

/** Kill -9 cannot tell whether anybody asked for fsync, since the kernel keeps what was written; so it is asked here. */
final class DurabilitySettingsTest {
    private static String setting(Session session, String sql) throws Exception {
        return session.first(Row::text, sql).orElseThrow();
    }

    @Test
    void sqliteSyncsEveryCommit() throws Exception {
        try (TestEngine engine = TestEngine.sqlite();
                Session session = engine.dialect().openWriter()) {
            assertThat(setting(session, "PRAGMA journal_mode")).isEqualTo("wal");
            assertThat(setting(session, "PRAGMA synchronous")).as("FULL").isEqualTo("2");
            assertThat(setting(session, "PRAGMA foreign_keys")).isEqualTo("1");
            try (Session reader = engine.dialect().openReader()) {
                assertThat(setting(reader, "PRAGMA query_only")).isEqualTo("1");
            }
        }
    }

    @Test
    void postgresqlSyncsEveryCommitEvenWhereTheDefaultSaysOtherwise() throws Exception {
        try (TestEngine engine = TestEngine.postgres()) {
            try (Session session = engine.dialect().openWriter()) {
                session.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',"
                        + " current_database()); END $$");
            }
            try (Session session = engine.dialect().openWriter()) {
                assertThat(setting(session, "SHOW synchronous_commit")).isEqualTo("on");
                assertThat(setting(session, "SHOW fsync")).isEqualTo("on");
            }
        }
    }
}
