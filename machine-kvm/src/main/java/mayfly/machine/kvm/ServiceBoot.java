package mayfly.machine.kvm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.GuestError;
import mayfly.machine.ServiceSpec;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.net.Destinations;
import mayfly.machine.kvm.net.Network;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.WaitingPoint;
import org.jspecify.annotations.Nullable;

/** A server, warmed up by requests of ours, waits for its first connection. */
final class ServiceBoot extends Boot {
    private static final int FILES_MAX = 16_384;
    private static final long TMP_BYTES_MIN = 8L << 20;
    private static final long TMP_BYTES_MAX = 512L << 20;

    private final Kvm kvm;
    private final ServiceSpec spec;
    private final HostView view;
    private final Destinations destinations;

    /** @param destinations to where the program may connect, already while it starts */
    ServiceBoot(Kvm kvm, ServiceSpec spec, HostView view, Destinations destinations) {
        super(spec.name(), spec.initTimeout(), view);
        this.kvm = kvm;
        this.spec = spec;
        this.view = view;
        this.destinations = destinations;
    }

    @Override
    VirtualMachine load() throws ErrnoException, BadProgramException {
        Descriptors descriptors = new Descriptors();
        Channel input = new Channel((_, _) -> {}, OpenFile.READ_ONLY);
        input.end();
        descriptors.set(0, input, false);
        for (int fd = 1; fd <= 2; fd++) {
            descriptors.set(fd, new Channel(this::said, OpenFile.WRITE_ONLY), false);
        }
        FileTree files = view.tree(tmpBytes(spec), FILES_MAX);
        if (files.changeDirectory(files.node(files.workingDirectory(), spec.directory(), true)) != 0) {
            throw new BadProgramException(
                    spec.directory(), "machines do not see this directory; allow it with --allow-read");
        }
        VirtualMachine machine = VirtualMachine.boot(
                kvm,
                spec.memoryBytes(),
                files,
                spec.program().getFirst(),
                spec.program(),
                environment(spec),
                descriptors);
        Network network = Network.loopback();
        network.reach(destinations);
        network.onRefusal(address -> {
            byte[] line = refusal(address).getBytes(StandardCharsets.UTF_8);
            said(line, line.length);
        });
        machine.program().setNetwork(network);
        return machine;
    }

    /** What the service's output says of a connection that was not allowed. */
    static String refusal(String address) {
        return "mayfly: a connection to " + address + " is not allowed (allow_connect)\n";
    }

    /** What the program may write to its files. */
    static long tmpBytes(ServiceSpec spec) {
        return Math.clamp(spec.memoryBytes() / 2, TMP_BYTES_MIN, TMP_BYTES_MAX);
    }

    static List<String> environment(ServiceSpec spec) {
        Map<String, String> env = new TreeMap<>();
        env.put("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        env.put("HOME", "/tmp");
        env.put("LANG", "C.UTF-8");
        // glibc keeps memory that it has, instead of asking for it in each connection: three system calls less in many
        env.put("MALLOC_MMAP_THRESHOLD_", "4194304");
        env.put("MALLOC_TRIM_THRESHOLD_", "16777216");
        env.put("MALLOC_TOP_PAD_", "1048576");
        env.putAll(spec.env());
        Randomness.put(env);
        List<String> all = new ArrayList<>();
        env.forEach((name, value) -> all.add(name + "=" + value));
        return all;
    }

    @Override
    @Nullable
    GuestError bring(VirtualMachine machine, ThreadSignal signal) throws ErrnoException {
        Stop stop = untilItWaits(machine, signal);
        for (int i = 0; i < spec.warmup() && stop instanceof Stop.Idle && listener(machine, spec.port()) != null; i++) {
            WarmRequest request = WarmRequest.to(machine.program(), listener(machine, spec.port()));
            stop = request == null ? new Stop.Interrupted() : untilItWaits(machine, signal);
            if (request != null) {
                request.close();
                stop = stop instanceof Stop.Idle ? untilItWaits(machine, signal) : stop;
            }
        }
        if (!(stop instanceof Stop.Idle)) {
            return ended(stop);
        }
        if (listener(machine, spec.port()) == null) {
            List<SocketAddress> listeners = machine.program().network().listeners();
            return error(
                    "NoListener",
                    listeners.isEmpty()
                            ? "the program waits, and not for a connection: it listens nowhere"
                            : "the program does not listen on port " + spec.port() + ", but on " + listeners);
        }
        return null;
    }

    /** Where the program takes the service's connections; null: nowhere. */
    static @Nullable SocketAddress listener(VirtualMachine machine, int port) {
        for (SocketAddress each : machine.program().network().listeners()) {
            if (port == 0 || (!each.isUnix() && each.port() == port)) {
                return each;
            }
        }
        return null;
    }

    @Override
    boolean waitsForWork(VirtualMachine machine) {
        return WaitingPoint.isForConnection(machine.program());
    }
}
