package mayfly.checks.runner;

import java.nio.file.Path;

/** The Java SDK on the engine that Rivet publishes: what it was made after decides. */
class PublishedEngineTest extends RunnerKit {
    @Override
    Engine start(Path directory) throws Exception {
        return PublishedEngine.startOrSkip(directory);
    }
}
