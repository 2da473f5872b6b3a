package mayfly.machine.host;

import mayfly.base.Ids;
import mayfly.machine.InitFailedException;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;

/** A template in the host, by its number there. When the host ended, the next work boots it again in another one. */
final class HostTemplate implements Template {
    private final HostDriver driver;
    private final TemplateSpec spec;
    private final Ids ids;
    private volatile Place place;
    private volatile boolean closed;

    /** Where it is. */
    record Place(Lanes lanes, long number) {}

    HostTemplate(HostDriver driver, TemplateSpec spec, Place place, Ids ids) {
        this.driver = driver;
        this.spec = spec;
        this.place = place;
        this.ids = ids;
    }

    /** The host forks when the first work comes: until then there is nothing to fork for. */
    @Override
    public Machine fork() throws MachineException {
        if (closed) {
            throw new MachineException(spec.name() + ": the template is closed");
        }
        return new HostMachine(ids.machine(), this, spec.reusable());
    }

    boolean isClosed() {
        return closed;
    }

    /** Where it was last; perhaps its host is gone. */
    Place place() {
        return place;
    }

    /** Where it is now: in a host that lives, unless that ended this moment. Blocks while it is booted again. */
    Place livePlace() throws MachineException {
        Place now = place;
        return now.lanes().live() ? now : replace();
    }

    private synchronized Place replace() throws MachineException {
        if (closed) {
            throw new MachineException(spec.name() + ": the template is closed");
        }
        if (!place.lanes().live()) {
            try {
                place = driver.place(spec);
            } catch (InitFailedException e) {
                throw new MachineException(spec.name() + ": it could not be loaded again: " + e.getMessage(), e);
            }
        }
        return place;
    }

    @Override
    public boolean ping(long timeoutMillis) {
        return !closed && place.lanes().live();
    }

    @Override
    public void close() {
        Place last;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            last = place;
        }
        HostDriver.closeTemplate(last.lanes(), last.number());
        driver.forget(this);
    }
}
