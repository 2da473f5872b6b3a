package mayfly.store;

final class PostgresStressTest extends StressKit {
    @Override
    TestEngine engine() throws Exception {
        return TestEngine.postgres();
    }
}
