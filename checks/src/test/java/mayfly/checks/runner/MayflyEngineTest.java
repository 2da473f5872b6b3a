package mayfly.checks.runner;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The Java SDK on a node of ours. */
class MayflyEngineTest extends RunnerKit {
    @Override
    Engine start(Path directory) throws Exception {
        return MayflyEngine.start(directory);
    }

    @Test
    void streamsReachTheClientAsTheyAreWritten() throws Exception {
        streamsArePassedOn();
    }
}
