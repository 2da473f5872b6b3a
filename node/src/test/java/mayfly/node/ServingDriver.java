package mayfly.node;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.base.Ids;
import mayfly.base.MachineId;
import mayfly.machine.Connection;
import mayfly.machine.GuestError;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;

/** Machines whose program hangs up at once; those with FAILS in their environment do not start. */
final class ServingDriver implements MachineDriver {
    final AtomicInteger templates = new AtomicInteger();
    final Set<String> forgotten = ConcurrentHashMap.newKeySet();
    volatile Runnable atBoot = () -> {};

    @Override
    public String name() {
        return "kvm";
    }

    @Override
    public HostReport host() {
        return new HostReport("kvm", true, "full", List.of());
    }

    @Override
    public Template boot(TemplateSpec spec) throws MachineException {
        throw new MachineException("services only");
    }

    @Override
    public Template boot(ServiceSpec spec) throws InitFailedException {
        atBoot.run();
        if (spec.env().containsKey("FAILS")) {
            throw new InitFailedException(new GuestError("ProgramEnded", "exit code 3", "it said this", "", 0));
        }
        templates.incrementAndGet();
        return new ServingTemplate();
    }

    @Override
    public void forget(String name) {
        forgotten.add(name);
    }

    @Override
    public void close() {}

    private final class ServingTemplate implements Template {
        private boolean closed;

        @Override
        public Machine fork() {
            return new ServingMachine();
        }

        @Override
        public boolean ping(long timeoutMillis) {
            return true;
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                templates.decrementAndGet();
            }
        }
    }

    private static final class ServingMachine implements Machine {
        private final MachineId id = Ids.system().machine();

        @Override
        public MachineId id() {
            return id;
        }

        @Override
        public Outcome exec(Work work) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Served serve(Connection connection, Duration limit, LogSink logs) {
            logs.log(1, "served\n".getBytes(StandardCharsets.UTF_8));
            connection.close();
            return new Served(Served.End.CLOSED, "", 0, 0);
        }

        @Override
        public boolean ping(long timeoutMillis) {
            return true;
        }

        @Override
        public boolean reset() {
            return false;
        }

        @Override
        public void close() {}
    }
}
