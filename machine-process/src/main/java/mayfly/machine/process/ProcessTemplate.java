package mayfly.machine.process;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import mayfly.linux.DirectoryFd;
import mayfly.machine.AgentRequest;
import mayfly.machine.TemplateSpec;
import org.jspecify.annotations.Nullable;

/** A function: a zygote that is forked, or an init that executes a program for each connection. */
final class ProcessTemplate extends SandboxTemplate {
    private final ProcessHost host;
    private final TemplateSpec spec;
    private final boolean needsInit;

    /** @param control absent where every connection executes a program */
    ProcessTemplate(
            ProcessHost host, TemplateSpec spec, String name, DirectoryFd directory, @Nullable ControlChannel control) {
        super(host, spec.name(), name, directory, control, SandboxPlan.spares(spec));
        this.host = host;
        this.spec = spec;
        this.needsInit = control == null;
    }

    boolean reusable() {
        return spec.reusable();
    }

    long memoryBytes() {
        return spec.memoryBytes();
    }

    @Override
    SandboxMachine begin(SocketChannel socket) throws IOException {
        return machine(socket);
    }

    /** The machine behind a connection; for an executed program with its INIT already on the way. */
    ProcessMachine machine(SocketChannel socket) throws IOException {
        var channel = new WorkChannel(socket, host.buffers());
        if (needsInit) {
            channel.send(AgentRequest.init(spec, SandboxPlan.CODE, SandboxPlan.tmpBytes(spec)));
        }
        return register(new ProcessMachine(host.ids().machine(), this, channel, needsInit));
    }
}
