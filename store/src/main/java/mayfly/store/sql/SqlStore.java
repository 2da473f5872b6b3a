package mayfly.store.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.base.Limits;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;
import mayfly.store.ActorStore;
import mayfly.store.FunctionFilter;
import mayfly.store.FunctionRecord;
import mayfly.store.InvocationFilter;
import mayfly.store.InvocationRecord;
import mayfly.store.ServiceFilter;
import mayfly.store.ServiceRecord;
import mayfly.store.Store;
import mayfly.store.TaskFilter;
import mayfly.store.TaskRecord;
import mayfly.store.VersionRecord;

/** The store over a dialect: writes go to the inbox, reads to the readers. */
public final class SqlStore implements Store {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Dialect dialect;
    private final Inbox inbox = new Inbox();
    private final Readers readers;
    private final Access access;
    private final ActorStore actors;
    private final Thread writer;

    private SqlStore(Dialect dialect, Session session, Duration reconnectMax) {
        this.dialect = dialect;
        this.readers = new Readers(dialect);
        this.access = new Access(dialect, inbox, readers);
        this.actors = new SqlActorStore(access);
        this.writer = Thread.ofPlatform()
                .daemon()
                .name("store-writer")
                .unstarted(new Writer(dialect, session, inbox, reconnectMax));
    }

    /** Connects, brings the schema up to date and starts the writer. Throws StoreException. */
    public static Store open(Dialect dialect) {
        return open(dialect, Limits.STORE_RECONNECT_MAX);
    }

    static Store open(Dialect dialect, Duration reconnectMax) {
        Session session = null;
        try {
            session = dialect.openWriter();
            Migrator.migrate(dialect, session, Migrations.all());
            SqlStore store = new SqlStore(dialect, session, reconnectMax);
            store.writer.start();
            session = null;
            return store;
        } catch (SQLException e) {
            throw Failures.of(dialect, e);
        } finally {
            if (session != null) {
                session.abandon();
            }
        }
    }

    @Override
    public String engine() {
        return dialect.engine();
    }

    @Override
    public CompletableFuture<Void> putArtifact(String sha256, byte[] bytes) {
        Access.require(SHA256.matcher(sha256).matches(), "not a SHA-256 in lower-case hex: " + sha256);
        Access.require(bytes.length > 0, "an artifact without bytes");
        Access.require(bytes.length <= Limits.ARTIFACT_BYTES_MAX, "an artifact over the limit");
        return access.hand(new Write.PutArtifact(sha256, bytes));
    }

    @Override
    public Optional<byte[]> artifact(String sha256) {
        return access.lengthy(session -> Functions.artifact(session, sha256));
    }

    @Override
    public CompletableFuture<Boolean> createFunction(FunctionRecord function, VersionRecord version) {
        Access.require(function.id().equals(version.function()), "the version is of another function");
        Access.require(function.latest() == 1 && version.version() == 1, "a function begins with version 1");
        return access.hand(new Write.CreateFunction(function, version));
    }

    @Override
    public CompletableFuture<Boolean> addVersion(VersionRecord version, Instant updatedAt) {
        return access.hand(new Write.AddVersion(version, updatedAt));
    }

    @Override
    public CompletableFuture<Boolean> deleteFunction(FunctionId id, Instant deletedAt) {
        return access.hand(new Write.DeleteFunction(id, deletedAt));
    }

    @Override
    public CompletableFuture<Integer> pruneArtifacts(int limit) {
        Access.require(limit > 0, "a limit below 1");
        return access.hand(new Write.PruneArtifacts(limit));
    }

    @Override
    public Optional<FunctionRecord> function(String name) {
        return access.brief(session -> Functions.get(session, name));
    }

    @Override
    public Optional<VersionRecord> version(FunctionId id, int version) {
        return access.brief(session -> Functions.version(session, id, version));
    }

    @Override
    public List<FunctionRecord> functions(FunctionFilter filter) {
        Access.page(filter.limit(), Limits.LIST_PAGE_MAX);
        return access.lengthy(session -> Functions.list(session, dialect, filter));
    }

    @Override
    public CompletableFuture<Void> putInvocation(InvocationRecord invocation) {
        return access.hand(new Write.Upsert<>(Invocations.TABLE, invocation));
    }

    @Override
    public Optional<InvocationRecord> invocation(InvocationId id) {
        return access.brief(session -> Invocations.get(session, id));
    }

    @Override
    public List<InvocationRecord> invocations(InvocationFilter filter) {
        Access.page(filter.limit(), Limits.LIST_PAGE_MAX);
        return access.lengthy(session -> Invocations.list(session, filter));
    }

    @Override
    public List<InvocationRecord> unfinishedAsync(int limit) {
        Access.page(limit, Limits.ASYNC_BACKLOG_MAX);
        return access.lengthy(session -> Invocations.unfinishedAsync(session, limit));
    }

    @Override
    public CompletableFuture<Integer> pruneInvocations(Instant before, int limit) {
        Access.require(limit > 0, "a limit below 1");
        return access.hand(new Write.PruneInvocations(Values.nanos(before), limit));
    }

    @Override
    public CompletableFuture<Void> putTask(TaskRecord task) {
        Access.require(task.version() >= 1, "task versions count from 1");
        return access.hand(new Write.Upsert<>(Tasks.TABLE, task));
    }

    @Override
    public Optional<TaskRecord> task(TaskId id) {
        return access.brief(session -> Tasks.get(session, id));
    }

    @Override
    public List<TaskRecord> tasks(TaskFilter filter) {
        Access.page(filter.limit(), Limits.LIST_PAGE_MAX);
        return access.lengthy(session -> Tasks.list(session, filter));
    }

    @Override
    public CompletableFuture<Boolean> deleteTask(TaskId id) {
        return access.hand(new Write.DeleteTask(id));
    }

    @Override
    public CompletableFuture<Boolean> createService(ServiceRecord service) {
        Access.require(service.version() == 1, "a service begins with version 1");
        return access.hand(new Write.CreateService(service));
    }

    @Override
    public CompletableFuture<Boolean> replaceService(ServiceRecord service) {
        return access.hand(new Write.ReplaceService(service));
    }

    @Override
    public CompletableFuture<Boolean> deleteService(ServiceId id) {
        return access.hand(new Write.DeleteService(id));
    }

    @Override
    public Optional<ServiceRecord> service(String name) {
        return access.brief(session -> Services.get(session, name));
    }

    @Override
    public List<ServiceRecord> services(ServiceFilter filter) {
        Access.page(filter.limit(), Limits.LIST_PAGE_MAX);
        return access.lengthy(session -> Services.list(session, filter));
    }

    @Override
    public ActorStore actors() {
        return actors;
    }

    @Override
    public void close() {
        inbox.close();
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                // What was handed in is committed first: the writer is bounded, so this is too.
                interrupted = true;
            }
        }
        readers.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
