package mayfly.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.base.TaskId;

/**
 * Everything a node must find again after kill -9. Writes go through one group-committing writer in the order they were
 * handed in; a write's future completes after its commit is durable (fsync), or fails with {@link StoreException}.
 * Reads see every write whose future has completed. Safe for concurrent use; reads may block the calling thread.
 */
public interface Store extends AutoCloseable {
    /** "sqlite" or "postgresql". */
    String engine();

    // Functions -------------------------------------------------------------------------------------------------

    /** Keeps bytes under their SHA-256 (64 lower-case hex digits); putting the same bytes again changes nothing. */
    CompletableFuture<Void> putArtifact(String sha256, byte[] bytes);

    Optional<byte[]> artifact(String sha256);

    /** Creates a function with version 1; false when the name is taken by a function that was not deleted. */
    CompletableFuture<Boolean> createFunction(FunctionRecord function, VersionRecord version);

    /** Adds the next version; false unless {@code version.version()} is exactly one above the latest. */
    CompletableFuture<Boolean> addVersion(VersionRecord version, Instant updatedAt);

    /** False when there is no such function. Its name is free again; its versions and invocations stay readable by id. */
    CompletableFuture<Boolean> deleteFunction(FunctionId id, Instant deletedAt);

    Optional<FunctionRecord> function(String name);

    Optional<VersionRecord> version(FunctionId id, int version);

    List<FunctionRecord> functions(FunctionFilter filter);

    // Invocations -----------------------------------------------------------------------------------------------

    /** Inserts the record, or replaces the one with the same id. */
    CompletableFuture<Void> putInvocation(InvocationRecord invocation);

    Optional<InvocationRecord> invocation(InvocationId id);

    List<InvocationRecord> invocations(InvocationFilter filter);

    /** Asynchronous invocations that have not ended, oldest first, with their payloads: what to run after a restart. */
    List<InvocationRecord> unfinishedAsync(int limit);

    /** Deletes ended invocations that were queued before the given time; the number deleted. */
    CompletableFuture<Integer> pruneInvocations(Instant before, int limit);

    // Tasks -----------------------------------------------------------------------------------------------------

    /** Inserts the record, or replaces the one with the same id. */
    CompletableFuture<Void> putTask(TaskRecord task);

    Optional<TaskRecord> task(TaskId id);

    List<TaskRecord> tasks(TaskFilter filter);

    CompletableFuture<Boolean> deleteTask(TaskId id);

    /** Commits what was handed in, then closes; later writes fail. */
    @Override
    void close();
}
