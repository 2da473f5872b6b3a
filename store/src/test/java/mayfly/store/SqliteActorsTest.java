package mayfly.store;

final class SqliteActorsTest extends KvKit {
    @Override
    TestEngine engine() throws Exception {
        return TestEngine.sqlite();
    }
}
