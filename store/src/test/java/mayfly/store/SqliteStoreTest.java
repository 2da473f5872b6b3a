package mayfly.store;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class SqliteStoreTest extends StoreKit {
    @TempDir
    Path data;

    @Override
    Store open() {
        return Stores.embedded(data);
    }
}
