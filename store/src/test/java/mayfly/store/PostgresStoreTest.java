package mayfly.store;

final class PostgresStoreTest extends StoreKit {
    private String url;

    @Override
    Store open() throws Exception {
        if (url == null) {
            PostgresServer server = PostgresServer.shared();
            url = server.url(server.newDatabase());
        }
        return Stores.postgresql(url);
    }
}
