package mayfly.machine.host;

import mayfly.base.Ids;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;

/** A template in the host, by its number there. It ends with its host. */
final class HostTemplate implements Template {
    private final HostDriver driver;
    private final Lanes lanes;
    private final TemplateSpec spec;
    private final long number;
    private final Ids ids;
    private volatile boolean closed;

    HostTemplate(HostDriver driver, Lanes lanes, TemplateSpec spec, long number, Ids ids) {
        this.driver = driver;
        this.lanes = lanes;
        this.spec = spec;
        this.number = number;
        this.ids = ids;
    }

    /** The host forks when the first work comes: until then there is nothing to fork for. */
    @Override
    public Machine fork() throws MachineException {
        if (closed) {
            throw new MachineException(spec.name() + ": the template is closed");
        }
        if (!lanes.live()) {
            throw new MachineException(spec.name() + ": the machine host " + lanes.ending());
        }
        return new HostMachine(ids.machine(), lanes, number, spec.reusable(), () -> closed);
    }

    @Override
    public boolean ping(long timeoutMillis) {
        return !closed && lanes.live();
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        HostDriver.closeTemplate(lanes, number);
        driver.forget(this);
    }
}
