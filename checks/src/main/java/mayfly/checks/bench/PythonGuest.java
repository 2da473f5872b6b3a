package mayfly.checks.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.Snapshot;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/** A Python server in a virtual machine, as the C spike runs it. */
final class PythonGuest {
    /** The descriptors that the spike's server talks on. */
    static final int REQUESTS = 1000;

    static final int ANSWERS = 1001;
    private static final long MEMORY_BYTES = 256L << 20;
    private static final long FILE_BYTES = 64L << 20;
    private static final int FILES_MAX = 4096;

    private PythonGuest() {}

    /**
     * Boots a server to where it waits for requests, and freezes it there.
     *
     * @param view shows its directory as /app
     */
    static Snapshot freeze(Kvm kvm, ThreadSignal signal, HostView view, String script)
            throws IOException, ErrnoException, BadProgramException {
        Descriptors descriptors = new Descriptors();
        descriptors.set(REQUESTS, new Channel((_, _) -> {}, OpenFile.READ_ONLY), false);
        descriptors.set(ANSWERS, new Channel((_, _) -> {}, OpenFile.WRITE_ONLY), false);
        VirtualMachine template = VirtualMachine.boot(
                kvm,
                MEMORY_BYTES,
                view.tree(FILE_BYTES, FILES_MAX),
                "/usr/bin/python3",
                List.of("/usr/bin/python3", "/app/" + script),
                List.of("PATH=/usr/bin:/bin", "HOME=/root", "LANG=C.UTF-8"),
                descriptors);
        Stop waits = template.run(signal, Wait.FOREVER);
        if (!(waits instanceof Stop.Idle)) {
            template.close();
            throw new IOException("the Python server ended with " + waits);
        }
        return template.freeze();
    }

    /** What the host's standard files and one directory, as /app, look like to it. */
    static HostView view(Path directory) throws ErrnoException {
        HostView view = HostView.standard();
        view.addDirectory(directory, "/app");
        return view;
    }

    static Channel channel(VirtualMachine machine, int fd) throws IOException {
        if (machine.program().descriptors().get(fd) instanceof Channel channel) {
            return channel;
        }
        throw new IOException("the server lost its channel " + fd);
    }
}
