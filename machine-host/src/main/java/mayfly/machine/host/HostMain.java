package mayfly.machine.host;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import mayfly.linux.CallFilter;
import mayfly.linux.ErrnoException;
import mayfly.linux.InheritedSocket;
import mayfly.linux.Kvm;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Interpreter;
import mayfly.machine.Interpreters;
import mayfly.machine.kvm.KvmDriver;

/**
 * The machine host's program. It is started in its jail with a listening socket as descriptor 3 and /dev/kvm as
 * descriptor 4, and ends by itself when no node has been connected for a while.
 */
public final class HostMain {
    private static final int LISTENER = 3;
    private static final int KVM = 4;
    /** A node that was killed is started again within it, or its machines are not wanted any more. */
    private static final Duration ALONE_MAX = Duration.ofMinutes(10);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(10);
    private static final String NOTHING = "-";

    private HostMain() {}

    /** @param arguments {@link #arguments} */
    public static void main(String[] arguments) throws IOException, ErrnoException {
        ServerSocketChannel listener = InheritedSocket.listener(LISTENER);
        Kvm kvm = Kvm.ofDescriptor(KVM);
        CallFilter.refuseNewPrograms();
        HostServer server = new HostServer(() -> driver(kvm, arguments), listener);
        Thread.ofPlatform().daemon().name("alone").start(() -> endWhenAlone(server));
        server.serve();
    }

    /** What main is to be started with. */
    static String[] arguments(String agents, String templates, Map<GuestRuntime, Interpreter> interpreters) {
        String[] arguments = new String[2 + 4 * interpreters.size()];
        arguments[0] = agents;
        arguments[1] = templates;
        int at = 2;
        for (var each : new EnumMap<>(interpreters).entrySet()) {
            Interpreter found = each.getValue();
            arguments[at++] = each.getKey().wireName();
            arguments[at++] = found.program().toString();
            arguments[at++] = found.version();
            arguments[at++] = found.bind().map(Path::toString).orElse(NOTHING);
        }
        return arguments;
    }

    private static KvmDriver driver(Kvm kvm, String[] arguments) {
        Map<GuestRuntime, Interpreter> interpreters = new EnumMap<>(GuestRuntime.class);
        for (int at = 2; at + 3 < arguments.length; at += 4) {
            Optional<Path> bind =
                    arguments[at + 3].equals(NOTHING) ? Optional.empty() : Optional.of(Path.of(arguments[at + 3]));
            Interpreter interpreter = new Interpreter(Path.of(arguments[at + 1]), arguments[at + 2], bind);
            GuestRuntime.ofWireName(arguments[at]).ifPresent(runtime -> interpreters.put(runtime, interpreter));
        }
        return KvmDriver.over(kvm, Path.of(arguments[0]), Interpreters.known(interpreters), Path.of(arguments[1]));
    }

    private static void endWhenAlone(HostServer server) {
        try {
            while (server.alone().compareTo(ALONE_MAX) < 0) {
                Thread.sleep(LOOK_EVERY);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
        Runtime.getRuntime().halt(0);
    }
}
