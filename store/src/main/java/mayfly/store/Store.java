package mayfly.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;

/**
 * Everything a node must find again after kill -9. Writes go through one group-committing writer in the order they were
 * handed in; a write's future completes after its commit is durable (fsync), or fails with {@link StoreException}, the
 * limits of its queue included (BUSY). Reads see every write whose future has completed. Safe for concurrent use; reads
 * may block the calling thread.
 *
 * <ul>
 *   <li>A future completes on the writer's thread: what is hung on it without an executor must be short and must not
 *       wait for another write. {@code join()} from any other thread is fine.
 *   <li>Arrays belong to the store once handed in; the caller does not change them.
 *   <li>Text may hold anything, but NUL and unpaired surrogates come back as U+FFFD, since PostgreSQL cannot hold them.
 *   <li>Times are kept to the nanosecond, between the years 1677 and 2262; others become the nearest of those.
 *   <li>Text sorts by Unicode code point on every engine.
 *   <li>A write that fails as FAILED when the connection to the database breaks may have happened, and its message says
 *       so; writes of whole records are repeated instead, without harm.
 * </ul>
 */
public interface Store extends AutoCloseable {
    /** "sqlite" or "postgresql". */
    String engine();

    // Functions -------------------------------------------------------------------------------------------------

    /**
     * Keeps bytes under their SHA-256 (64 lower-case hex digits, which the store believes); putting the same again
     * changes nothing. From 1 to Limits.ARTIFACT_BYTES_MAX.
     */
    CompletableFuture<Void> putArtifact(String sha256, byte[] bytes);

    Optional<byte[]> artifact(String sha256);

    /**
     * Removes artifacts that are not the latest version's of any function that was not deleted, among them those that
     * were just put and are not named yet; the number removed, at most {@code limit}. They can be put again.
     */
    CompletableFuture<Integer> pruneArtifacts(int limit);

    /**
     * Creates a function with version 1, whose artifact was put before (else FAILED); false when the name is taken by a
     * function that was not deleted, or the id by any.
     */
    CompletableFuture<Boolean> createFunction(FunctionRecord function, VersionRecord version);

    /**
     * Adds the next version, whose artifact was put before (else FAILED); false unless {@code version.version()} is
     * exactly one above the latest of a function that was not deleted.
     */
    CompletableFuture<Boolean> addVersion(VersionRecord version, Instant updatedAt);

    /** False when there is no such function. Its name is free again; its versions and invocations stay readable by id. */
    CompletableFuture<Boolean> deleteFunction(FunctionId id, Instant deletedAt);

    Optional<FunctionRecord> function(String name);

    Optional<VersionRecord> version(FunctionId id, int version);

    List<FunctionRecord> functions(FunctionFilter filter);

    // Invocations -----------------------------------------------------------------------------------------------

    /**
     * Inserts the record, or replaces the one with the same id; but one that ended is never replaced by one that did
     * not, which then counts as written. Later writes of one id overtake earlier ones that still wait.
     */
    CompletableFuture<Void> putInvocation(InvocationRecord invocation);

    Optional<InvocationRecord> invocation(InvocationId id);

    List<InvocationRecord> invocations(InvocationFilter filter);

    /**
     * Asynchronous invocations that have not ended, oldest first, with their payloads: what to run after a restart. The
     * payloads are all in memory, so ask for no more than that bears.
     */
    List<InvocationRecord> unfinishedAsync(int limit);

    /**
     * Deletes ended invocations that were queued before the given time, oldest first; the number deleted. Other writes
     * wait meanwhile: prefer several small limits to one large.
     */
    CompletableFuture<Integer> pruneInvocations(Instant before, int limit);

    // Tasks -----------------------------------------------------------------------------------------------------

    /**
     * Inserts the record, or replaces the one with the same id; but never one of a higher version, and then counts as
     * written. A record that is put after its deletion is there again, whatever its version.
     */
    CompletableFuture<Void> putTask(TaskRecord task);

    Optional<TaskRecord> task(TaskId id);

    List<TaskRecord> tasks(TaskFilter filter);

    CompletableFuture<Boolean> deleteTask(TaskId id);

    // Services --------------------------------------------------------------------------------------------------

    /** Keeps a service of version 1; false when its name or its id is taken. */
    CompletableFuture<Boolean> createService(ServiceRecord service);

    /**
     * Puts the next version in the place of the one before: definition and time of change; false unless {@code version}
     * is exactly one above the one that is kept under the same id and name.
     */
    CompletableFuture<Boolean> replaceService(ServiceRecord service);

    /** False when there is no such service. Nothing of it is kept. */
    CompletableFuture<Boolean> deleteService(ServiceId id);

    Optional<ServiceRecord> service(String name);

    /** By name ascending. */
    List<ServiceRecord> services(ServiceFilter filter);

    // Actors ----------------------------------------------------------------------------------------------------

    /** Actors, and all that is about them. */
    ActorStore actors();

    /** Commits what was handed in, then closes; later writes fail. */
    @Override
    void close();
}
