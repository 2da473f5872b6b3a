package mayfly.node;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import mayfly.base.Ids;
import mayfly.base.MachineId;
import mayfly.machine.GuestError;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;

/** Machines that do what a test says, by function name; counts what exists, so that a test can see that nothing is left. */
final class ScriptedDriver implements MachineDriver {
    final Map<String, Function<Work, Outcome>> handlers = new ConcurrentHashMap<>();
    final AtomicInteger templates = new AtomicInteger();
    final AtomicInteger machines = new AtomicInteger();
    final AtomicInteger machinesMost = new AtomicInteger();
    volatile boolean codeFails;
    volatile boolean forksFail;
    volatile String forkFailure = "EAGAIN";

    @Override
    public String name() {
        return "process";
    }

    @Override
    public HostReport host() {
        return new HostReport("process", true, "full", List.of());
    }

    @Override
    public Template boot(TemplateSpec spec) throws InitFailedException {
        if (codeFails) {
            throw new InitFailedException(new GuestError("SyntaxError", "invalid syntax", "", "main.py", 3));
        }
        templates.incrementAndGet();
        String function = spec.name().substring(0, spec.name().indexOf(' '));
        return new ScriptedTemplate(function);
    }

    @Override
    public void close() {}

    private final class ScriptedTemplate implements Template {
        private final String function;
        private boolean closed;

        ScriptedTemplate(String function) {
            this.function = function;
        }

        @Override
        public Machine fork() throws MachineException {
            if (forksFail || !forkFailure.equals("EAGAIN")) {
                throw new MachineException("clone of " + function + ": " + forkFailure);
            }
            machinesMost.accumulateAndGet(machines.incrementAndGet(), Math::max);
            return new ScriptedMachine(function);
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

    private final class ScriptedMachine implements Machine {
        private final MachineId id = Ids.system().machine();
        private final String function;
        private boolean closed;

        ScriptedMachine(String function) {
            this.function = function;
        }

        @Override
        public MachineId id() {
            return id;
        }

        @Override
        public Outcome exec(Work work) {
            return handlers.getOrDefault(function, it -> new Outcome.Success(it.payload(), it.json(), 7))
                    .apply(work);
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
        public synchronized void close() {
            if (!closed) {
                closed = true;
                machines.decrementAndGet();
            }
        }
    }
}
