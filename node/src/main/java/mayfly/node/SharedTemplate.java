package mayfly.node;

import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import mayfly.machine.InitFailedException;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Reset;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;

/** The template of a shared service: its forks are places in one machine, which is one of those that the node may have. */
final class SharedTemplate implements Template {
    private final Template template;
    private final Semaphore machines;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private SharedTemplate(Template template, Semaphore machines) {
        this.template = template;
        this.machines = machines;
    }

    /** @param machines that the node may have at once */
    static Template boot(ServiceSpec spec, MachineDriver driver, Semaphore machines)
            throws InitFailedException, MachineException {
        if (!machines.tryAcquire()) {
            throw new MachineException("the node runs as many machines as it may (pool.machines_max)");
        }
        boolean booted = false;
        try {
            Template shared = new SharedTemplate(driver.boot(spec), machines);
            booted = true;
            return shared;
        } finally {
            if (!booted) {
                machines.release();
            }
        }
    }

    @Override
    public Machine fork() throws MachineException {
        return template.fork();
    }

    @Override
    public boolean ping(long timeoutMillis) {
        return template.ping(timeoutMillis);
    }

    /** Its machine is never put back. */
    @Override
    public void watchResets(Consumer<Reset> watcher) {
        template.watchResets(watcher);
    }

    @Override
    public OptionalLong privateBytes() {
        return template.privateBytes();
    }

    @Override
    public void close() {
        template.close();
        if (open.getAndSet(false)) {
            machines.release();
        }
    }
}
