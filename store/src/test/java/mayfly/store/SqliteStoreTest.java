package mayfly.store;

final class SqliteStoreTest extends StoreKit {
    @Override
    TestEngine engine() throws Exception {
        return TestEngine.sqlite();
    }
}
