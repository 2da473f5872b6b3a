package mayfly.machine.kvm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import mayfly.base.Ids;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Pagemap;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Reset;
import mayfly.machine.Served;
import mayfly.machine.Template;
import mayfly.machine.Work;
import mayfly.machine.kvm.files.HostView;
import org.jspecify.annotations.Nullable;

/** A snapshot and the machines that were forked from it: in use, or waiting in its state for the next use. */
public final class KvmTemplate implements Template {
    /**
     * What its machines have in common.
     *
     * @param name for people
     * @param reusable whether a machine is given more than one unit of work
     * @param sharing how all connections share one machine; null: each has its own
     */
    record Terms(String name, boolean reusable, @Nullable Sharing sharing) {
        Terms(String name, boolean reusable) {
            this(name, reusable, null);
        }
    }

    /**
     * One machine for all connections.
     *
     * @param port of its listener; 0: the first
     * @param placesMax connections at once
     */
    record Sharing(int port, int placesMax) {}

    private static final int RANGES_AT_ONCE = 512;

    private final Kvm kvm;
    private final Terms terms;
    private final Snapshot snapshot;
    private final HostView view;
    private final Supplier<Conversation> conversations;
    private final Ids ids;
    private final Consumer<KvmTemplate> onClose;
    /** It is being saved, or was; null: nobody wanted that. */
    private volatile TemplateFiles.@Nullable Saving saving;

    /** Nobody's, or on their way back to the snapshot's state. */
    private final ConcurrentLinkedDeque<Shell> idle = new ConcurrentLinkedDeque<>();

    private final Set<Shell> all = ConcurrentHashMap.newKeySet();
    private final AtomicInteger made = new AtomicInteger();
    /** Those of a shared template that are not gone; the newest is the one that serves. Guarded by this. */
    private final Deque<SharedMachine> shared = new ArrayDeque<>();

    private volatile Consumer<Reset> watcher = _ -> {};
    private volatile boolean closed;

    /** @param hurried a call waits for it, and so for its first machine */
    KvmTemplate(
            Kvm kvm,
            Terms terms,
            Snapshot snapshot,
            HostView view,
            Supplier<Conversation> conversations,
            Ids ids,
            Consumer<KvmTemplate> onClose,
            boolean hurried)
            throws MachineException {
        this.kvm = kvm;
        this.terms = terms;
        this.snapshot = snapshot;
        this.view = view;
        this.conversations = conversations;
        this.ids = ids;
        this.onClose = onClose;
        Sharing sharing = terms.sharing();
        if (sharing == null) {
            idle.add(make(hurried));
        } else {
            var _ = shared(sharing); // its program goes on from here, whether anybody connects or not
        }
    }

    /** The machine that serves; another one when the program of the one before has ended. */
    private synchronized SharedMachine shared(Sharing sharing) throws MachineException {
        if (closed) {
            throw new MachineException(terms.name() + ": the template is closed");
        }
        SharedMachine newest = shared.peekLast();
        if (newest == null || newest.isOver()) {
            String name = "vm-" + terms.name() + "-" + made.incrementAndGet();
            SharedMachine next =
                    new SharedMachine(name, ids.machine(), kvm, snapshot, sharing.port(), sharing.placesMax());
            shared.removeIf(SharedMachine::isGone);
            shared.add(next);
            newest = next;
        }
        return newest;
    }

    @Override
    public void watchResets(Consumer<Reset> told) {
        watcher = told;
    }

    @Override
    public OptionalLong privateBytes() {
        try (Pagemap pagemap = Pagemap.open(RANGES_AT_ONCE)) {
            long sum = 0;
            for (Shell shell : all) {
                sum += shell.privateBytes(pagemap);
            }
            for (SharedMachine machine : shared()) {
                sum += machine.privateBytes(pagemap);
            }
            return OptionalLong.of(sum);
        } catch (ErrnoException e) {
            return OptionalLong.empty(); // no descriptor, most likely
        }
    }

    private synchronized List<SharedMachine> shared() {
        return List.copyOf(shared);
    }

    /** Keeps it on disk, soon. */
    synchronized void save(TemplateFiles files, TemplateKey key) {
        if (!closed) {
            saving = files.save(key, snapshot, view);
        }
    }

    /** One that close sees: a shell made later would fork from a snapshot that is gone. */
    private synchronized Shell make(boolean hurried) throws MachineException {
        if (closed) {
            throw new MachineException(terms.name() + ": the template is closed");
        }
        String name = "vm-" + terms.name() + "-" + made.incrementAndGet();
        Shell shell = new Shell(name, kvm, snapshot, conversations.get(), reset -> watcher.accept(reset), hurried);
        all.add(shell);
        return shell;
    }

    @Override
    public KvmMachine fork() throws MachineException {
        if (closed) {
            throw new MachineException(terms.name() + ": the template is closed");
        }
        Sharing sharing = terms.sharing();
        if (sharing != null) {
            SharedMachine machine = shared(sharing);
            return new KvmMachine(machine.id(), machine.place(), false);
        }
        Shell shell = free();
        return new KvmMachine(ids.machine(), new Use(shell == null ? make(false) : shell), terms.reusable());
    }

    /**
     * The one that was used last, for its warm caches, and rather one that is at rest; one on its way back is still much
     * sooner there than a new one. Null when all are in use.
     */
    private @Nullable Shell free() {
        for (Shell shell : idle) {
            if (shell.isAtRest() && !shell.isBroken() && idle.remove(shell)) {
                return shell;
            }
        }
        Shell shell = idle.poll();
        while (shell != null && shell.isBroken()) {
            drop(shell);
            shell = idle.poll();
        }
        return shell;
    }

    /** One machine's use of a shell. Its calls do not overlap, besides {@link #giveBack}. */
    private final class Use implements KvmMachine.Lease {
        private final Shell shell;
        private final long lease;
        /** Whether something was asked after which the shell does not reset itself. */
        private volatile boolean resets;

        Use(Shell shell) {
            this.shell = shell;
            lease = shell.lease();
        }

        @Override
        public CompletableFuture<Outcome> exec(Work work) {
            resets |= terms.reusable();
            return shell.exec(lease, work, !terms.reusable());
        }

        @Override
        public CompletableFuture<Served> serve(Connection connection, Duration limit, LogSink logs) {
            return shell.serve(lease, connection, limit, logs);
        }

        @Override
        public CompletableFuture<Boolean> ping(long timeoutMillis, boolean andReset) {
            resets |= !andReset;
            return shell.ping(lease, timeoutMillis, andReset);
        }

        @Override
        public void giveBack() {
            shell.giveBack(lease, resets);
            if (closed || shell.isBroken()) {
                drop(shell);
            } else {
                idle.addFirst(shell);
            }
        }
    }

    private void drop(Shell shell) {
        var _ = shell.close().thenRun(() -> all.remove(shell)); // until then a close waits for it
    }

    @Override
    public boolean ping(long timeoutMillis) {
        return !closed;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        List<CompletableFuture<Void>> gone = new ArrayList<>();
        shared.forEach(machine -> gone.add(machine.close()));
        for (Shell shell : all) {
            gone.add(shell.close());
        }
        CompletableFuture.allOf(gone.toArray(CompletableFuture<?>[]::new)).join();
        TemplateFiles.Saving last = saving;
        if (last != null) {
            last.end();
        }
        snapshot.close();
        view.close();
        onClose.accept(this);
    }
}
