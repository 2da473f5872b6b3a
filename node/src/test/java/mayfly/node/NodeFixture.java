package mayfly.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.FunctionRequest;
import mayfly.api.FunctionSpec;
import mayfly.api.InvalidException;
import mayfly.api.Isolation;
import mayfly.api.RecordMode;
import mayfly.api.Reuse;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.store.Store;
import mayfly.store.Stores;

/** A node over a real embedded store, with scripted machines and commands. */
final class NodeFixture implements AutoCloseable {
    final Path data;
    final ScriptedDriver driver;
    final ScriptedSupervisor supervisor;
    final Store store;
    final Node node;

    NodeFixture(Path data, ScriptedDriver driver, ScriptedSupervisor supervisor) throws IOException {
        this.data = data;
        this.driver = driver;
        this.supervisor = supervisor;
        this.store = Stores.embedded(data);
        this.node =
                Node.start(NodeSpec.defaults(data), store, List.of(driver), supervisor, Clock.system(), Ids.system());
    }

    static NodeFixture at(Path data) throws IOException {
        return new NodeFixture(data, new ScriptedDriver(), new ScriptedSupervisor());
    }

    /** Another node on the same data, as after kill -9: the old one is not closed, only its store is let go. */
    NodeFixture restarted() throws IOException {
        store.close();
        return new NodeFixture(data, new ScriptedDriver(), supervisor);
    }

    FunctionView deploy(String name) throws Exception {
        return node.functions().create(spec(name, Reuse.WARM, 2, 64), archive());
    }

    static FunctionSpec spec(String name, Reuse reuse, int maxMachines, int concurrency) throws InvalidException {
        return spec(name, reuse, maxMachines, concurrency, RecordMode.GROUPED);
    }

    static FunctionSpec spec(String name, Reuse reuse, int maxMachines, int concurrency, RecordMode record)
            throws InvalidException {
        FunctionRequest request = new FunctionRequest(
                Optional.of(name),
                "python3",
                Optional.of("main.handler"),
                Optional.of("def handler(event): pass"),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(reuse),
                Optional.of(record),
                Optional.of(concurrency),
                Optional.empty(),
                Optional.of(maxMachines),
                List.of());
        return FunctionSpec.of(
                request, Optional.empty(), new FunctionSpec.Defaults(128, 30_000, Isolation.ANY, 100, 8));
    }

    static byte[] archive() {
        return SourceArchive.of("main.py", "def handler(event): pass");
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        node.close();
        store.close();
    }
}
