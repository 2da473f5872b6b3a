package mayfly.machine.kvm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import mayfly.base.MachineId;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Pagemap;
import mayfly.linux.SocketPoll;
import mayfly.linux.ThreadSignal;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.Served.End;
import mayfly.machine.Work;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.net.HostConnection;
import mayfly.machine.kvm.program.Program;
import mayfly.machine.kvm.program.Stop;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine that serves many connections at once and is never put back. Its thread runs it from its fork to its
 * program's end, also while there are no connections: the program's timers and threads go on. Nothing of it runs while the
 * program waits. What others ask is queued, and the thread woken.
 */
final class SharedMachine {
    /** While connections wait for room in the listener's queue, how often it is looked at. */
    private static final long CROWDED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long FOREVER = Long.MAX_VALUE;

    private final MachineId id;
    private final Kvm kvm;
    private final Snapshot snapshot;
    private final int port;
    private final int placesMax;
    private final MachineThread thread;
    private final SocketPoll poll;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    // guarded by this
    private final Deque<Visit> arrivals = new ArrayDeque<>();
    private @Nullable Program program;
    private int places;
    private boolean closing;
    /** Why it takes no connections any more; null: it does. */
    private @Nullable String over;

    /** Offered to the program, in the order in which they were. The thread's. */
    private final List<Visit> visits = new ArrayList<>();

    /** A connection in the machine, or on its way there. */
    private static final class Visit {
        final Connection connection;
        final long deadline;
        final LogSink logs;
        final CompletableFuture<Served> served = new CompletableFuture<>();
        volatile boolean cancelled;
        /** The thread's. */
        @Nullable
        HostConnection offered;

        Visit(Connection connection, long deadline, LogSink logs) {
            this.connection = connection;
            this.deadline = deadline;
            this.logs = logs;
        }

        boolean isLate(long now) {
            return deadline != FOREVER && now - deadline >= 0;
        }
    }

    /**
     * Starts it; whether it could be made shows in its first connection.
     *
     * @param port of the listener; 0: the first
     * @param placesMax connections at once
     */
    SharedMachine(String name, MachineId id, Kvm kvm, Snapshot snapshot, int port, int placesMax)
            throws MachineException {
        this.id = id;
        this.kvm = kvm;
        this.snapshot = snapshot;
        this.port = port;
        this.placesMax = placesMax;
        thread = MachineThread.start(name);
        try {
            poll = SocketPoll.open();
        } catch (ErrnoException e) {
            thread.close();
            throw new MachineException(name + ": " + e.getMessage(), e);
        }
        boolean queued = thread.submit(this::live);
        assert queued : "a new thread takes work";
        thread.close(); // after its one job
    }

    MachineId id() {
        return id;
    }

    /** Whether its program has ended: it takes no connections any more. */
    synchronized boolean isOver() {
        return over != null || closing;
    }

    /** Whether nothing of it is left. */
    boolean isGone() {
        return gone.isDone();
    }

    /** What the machine has for itself alone now; 0 when it is gone. */
    synchronized long privateBytes(Pagemap pagemap) throws ErrnoException {
        return program == null ? 0 : program.space().ram().privateBytes(pagemap);
    }

    /** A place for one connection. */
    KvmMachine.Lease place() {
        return new Place();
    }

    private final class Place implements KvmMachine.Lease {
        private volatile @Nullable Visit visit;

        @Override
        public CompletableFuture<Outcome> exec(Work work) {
            return CompletableFuture.completedFuture(new Outcome.NotStarted("the machine serves connections only"));
        }

        @Override
        public CompletableFuture<Served> serve(Connection connection, Duration limit, LogSink logs) {
            Visit begun = new Visit(connection, deadline(limit), logs);
            visit = begun;
            return come(begun);
        }

        @Override
        public CompletableFuture<Boolean> ping(long timeoutMillis, boolean andReset) {
            return CompletableFuture.completedFuture(!isOver());
        }

        @Override
        public void giveBack() {
            Visit mine = visit;
            if (mine != null && !mine.served.isDone()) {
                mine.cancelled = true;
                wake();
            }
        }
    }

    private static long deadline(Duration limit) {
        long now = System.nanoTime();
        return limit.compareTo(Duration.ofDays(10_000)) > 0 ? FOREVER : now + limit.toNanos();
    }

    private CompletableFuture<Served> come(Visit visit) {
        synchronized (this) {
            if (over != null || closing) {
                visit.served.complete(Served.notStarted(over == null ? "the machine was closed" : over));
                return visit.served;
            } else if (places >= placesMax) {
                visit.served.complete(Served.notStarted("the machine serves " + placesMax + " connections already"));
                return visit.served;
            }
            places++;
            arrivals.add(visit);
        }
        wake();
        return visit.served;
    }

    private synchronized void wake() {
        if (over == null) {
            if (program != null) {
                program.interrupt();
            }
            poll.wake();
        }
    }

    // ---- on the thread ----

    private void live(ThreadSignal signal) {
        String reason;
        VirtualMachine vm = null;
        try {
            vm = snapshot.fork(kvm);
            synchronized (this) {
                program = vm.program();
            }
            reason = run(vm, signal);
        } catch (ErrnoException | RuntimeException | Error e) {
            reason = (vm == null ? "the machine could not be made: " : "the virtual machine failed: ") + e.getMessage();
        }
        List<Visit> unseen;
        synchronized (this) {
            over = reason;
            program = null;
            unseen = List.copyOf(arrivals);
            arrivals.clear();
            poll.close();
        }
        End end = closing() ? End.CANCELLED : End.CRASHED;
        String detail = reason;
        List.copyOf(visits).forEach(visit -> leave(visit, end, detail));
        if (vm != null) {
            vm.close();
        }
        unseen.forEach(visit -> visit.served.complete(Served.notStarted(detail)));
        gone.complete(null);
    }

    private synchronized boolean closing() {
        return closing;
    }

    /** Runs the program until it ends or is to end; why. */
    private String run(VirtualMachine vm, ThreadSignal signal) throws ErrnoException {
        while (true) {
            if (closing()) {
                return "the machine was closed";
            }
            boolean crowded = admit(vm);
            long next = crowded ? Math.min(earliest(), System.nanoTime() + CROWDED_NANOS) : earliest();
            Stop stop = vm.run(signal, next);
            look();
            switch (stop) {
                case Stop.Exited(int code) -> {
                    return "exited with status " + code;
                }
                case Stop.Killed(int number, String why) -> {
                    return "was killed by signal " + number + ": " + why;
                }
                case Stop.Idle(long wakes) -> {
                    long until = Math.min(wakes, earliest());
                    vm.program()
                            .network()
                            .await(poll, until == FOREVER ? FOREVER : Math.max(0, until - System.nanoTime()));
                }
                case Stop.Interrupted _, Stop.Asked _ -> {}
            }
        }
    }

    /** Gives the program the connections that came; whether one waits for room in its queue. */
    private boolean admit(VirtualMachine vm) {
        while (true) {
            Visit visit;
            synchronized (this) {
                visit = arrivals.peek();
            }
            if (visit == null) {
                return false;
            }
            SocketAddress listener = ServiceBoot.listener(vm, port);
            if (visit.cancelled) {
                refuse("the machine was closed");
            } else if (listener == null) {
                refuse("the program does not listen");
            } else if (visit.isLate(System.nanoTime())) {
                refuse("the program accepts no connections");
            } else if (!offer(vm.program(), visit, listener)) {
                return true;
            }
        }
    }

    private boolean offer(Program running, Visit visit, SocketAddress listener) {
        HostConnection offered = running.network().offer(visit.connection.socket(), listener, running::stopAfterCall);
        visit.offered = offered;
        if (offered != null) {
            ConnectionConversation.listen(running, visit.logs);
            visits.add(visit);
            synchronized (this) {
                arrivals.remove();
            }
        }
        return offered != null;
    }

    /** The first that came never gets in. */
    private void refuse(String why) {
        Visit visit;
        synchronized (this) {
            visit = arrivals.remove();
            places--;
        }
        visit.served.complete(Served.notStarted(why));
    }

    /** When the first connection's time is up. */
    private long earliest() {
        long first = FOREVER;
        for (Visit each : visits) {
            first = Math.min(first, each.deadline);
        }
        return first;
    }

    /** Tells of connections that the program closed, and cuts off those that are to end. */
    private void look() {
        long now = System.nanoTime();
        for (Visit visit : List.copyOf(visits)) {
            if (!Objects.requireNonNull(visit.offered).isOpen()) {
                leave(visit, End.CLOSED, "");
            } else if (visit.cancelled) {
                leave(visit, End.CANCELLED, "the connection was cut off");
            } else if (visit.isLate(now)) {
                leave(visit, End.TIMED_OUT, "");
            }
        }
    }

    private void leave(Visit visit, End end, String detail) {
        HostConnection offered = Objects.requireNonNull(visit.offered);
        offered.cut();
        visits.remove(visit);
        synchronized (this) {
            places--;
        }
        visit.served.complete(new Served(end, detail, offered.received(), offered.sent()));
    }

    /** Ends it; the future, the same for every caller, completes when nothing of it is left. */
    CompletableFuture<Void> close() {
        synchronized (this) {
            closing = true;
        }
        wake();
        return gone;
    }
}
