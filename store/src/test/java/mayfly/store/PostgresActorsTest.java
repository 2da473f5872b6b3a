package mayfly.store;

final class PostgresActorsTest extends KvKit {
    @Override
    TestEngine engine() throws Exception {
        return TestEngine.postgres();
    }
}
