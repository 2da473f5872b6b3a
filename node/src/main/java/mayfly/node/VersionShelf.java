package mayfly.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import mayfly.api.FunctionSpec;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.store.FunctionRecord;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.VersionRecord;

/** Versions of functions and their code, as the store keeps them. Safe for concurrent use. */
final class VersionShelf {
    private static final System.Logger LOG = System.getLogger("mayfly.node");
    /** Artifacts removed by one write of the store. */
    private static final int PRUNE_BATCH = 16;

    private final Store store;
    // read: an artifact is stored and then named by a version; write: those that no version names are removed. Taken
    // after the name's lock, never before
    private final ReentrantReadWriteLock artifacts = new ReentrantReadWriteLock();

    VersionShelf(Store store) {
        this.store = store;
    }

    /**
     * Stores a new version, with its function if it is the first.
     *
     * @throws RefusedException FUNCTION_EXISTS when another was faster, or the store takes no writes
     */
    void put(Draft draft, String artifact, byte[] archive) throws RefusedException {
        FunctionSpec function = draft.spec();
        String runtime = function.runtime().name().toLowerCase(java.util.Locale.ROOT);
        VersionRecord version = new VersionRecord(
                draft.id(),
                draft.version(),
                runtime,
                function.tags(),
                Json.text(function),
                artifact,
                draft.updatedAt());
        artifacts.readLock().lock();
        try {
            Recorder.await(store.putArtifact(artifact, archive));
            name(draft, version);
        } finally {
            artifacts.readLock().unlock();
        }
    }

    private void name(Draft draft, VersionRecord version) throws RefusedException {
        FunctionSpec function = draft.spec();
        CompletableFuture<Boolean> written = draft.first()
                ? store.createFunction(
                        new FunctionRecord(
                                draft.id(),
                                function.name(),
                                version.runtime(),
                                version.tags(),
                                1,
                                draft.createdAt(),
                                draft.updatedAt()),
                        version)
                : store.addVersion(version, draft.updatedAt());
        Recorder.await(written);
        if (!written.join()) {
            throw new RefusedException(
                    ErrorCode.FUNCTION_EXISTS,
                    "another deployment of '" + function.name() + "' was faster; look, then try again");
        }
    }

    /** The version that serves the function. */
    VersionRecord latest(FunctionRecord record) {
        return store.version(record.id(), record.latest())
                .orElseThrow(() -> damaged(
                        record.name(), new IOException("it has no version " + record.latest() + " in the store")));
    }

    static FunctionSpec specOf(VersionRecord version) {
        try {
            return Json.readAnswer(version.spec().getBytes(StandardCharsets.UTF_8), FunctionSpec.class);
        } catch (InvalidException e) {
            throw damaged(version.function().value(), e);
        }
    }

    static StoreException damaged(String function, Exception cause) {
        return new StoreException(
                StoreException.Kind.FAILED,
                "function '" + function + "' cannot be loaded: " + cause.getMessage(),
                cause);
    }

    byte[] archive(String artifact) throws IOException {
        return store.artifact(artifact)
                .orElseThrow(() -> new IOException("its artifact " + artifact + " is not in the store"));
    }

    /**
     * Removes code from the store that is not the latest version's of any function: what was replaced, deleted, or stored
     * by a deployment that a crash cut short. Machines of old versions have theirs unpacked.
     */
    void prune(BooleanSupplier stopping) {
        artifacts.writeLock().lock();
        try {
            int pruned;
            do {
                pruned = store.pruneArtifacts(PRUNE_BATCH).join();
            } while (pruned == PRUNE_BATCH && !stopping.getAsBoolean());
        } catch (CompletionException | StoreException e) {
            if (!stopping.getAsBoolean()) {
                LOG.log(System.Logger.Level.WARNING, "code that nobody uses stays in the store for now", e);
            }
        } finally {
            artifacts.writeLock().unlock();
        }
    }
}
