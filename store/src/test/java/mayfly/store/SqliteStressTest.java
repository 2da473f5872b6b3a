package mayfly.store;

final class SqliteStressTest extends StressKit {
    @Override
    TestEngine engine() throws Exception {
        return TestEngine.sqlite();
    }
}
