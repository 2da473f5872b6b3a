package mayfly.store;

final class PostgresStoreTest extends StoreKit {
    @Override
    TestEngine engine() throws Exception {
        return TestEngine.postgres();
    }
}
