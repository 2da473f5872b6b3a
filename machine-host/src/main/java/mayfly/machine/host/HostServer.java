package mayfly.machine.host;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.kvm.KvmTemplate;
import org.jspecify.annotations.Nullable;

/** The host's side: keeps the templates, which outlive connections, and serves each connection on a thread of its own. */
final class HostServer implements AutoCloseable {
    private static final long STACK_BYTES = 256 << 10;

    /** Opened with the first request: until then the directory of templates is not this process's. */
    private final Supplier<KvmDriver> opening;

    // guarded by this
    private @Nullable KvmDriver opened;
    private final ServerSocketChannel listener;
    private final Map<Long, Booted> templates = new ConcurrentHashMap<>();
    private final Set<HostSession> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();
    private volatile long aloneSinceNanos = System.nanoTime();

    private record Booted(String key, KvmTemplate template) {}

    HostServer(Supplier<KvmDriver> driver, ServerSocketChannel listener) {
        this.opening = driver;
        this.listener = listener;
    }

    /** Serves until it is closed. */
    void serve() throws IOException {
        while (listener.isOpen()) {
            SocketChannel socket = listener.accept();
            HostSession session = new HostSession(this, new HostChannel(socket));
            sessions.add(session);
            Thread.ofPlatform()
                    .daemon()
                    .name("connection")
                    .stackSize(STACK_BYTES)
                    .start(session::run);
        }
    }

    void ended(HostSession session) {
        sessions.remove(session);
        if (sessions.isEmpty()) {
            aloneSinceNanos = System.nanoTime();
        }
    }

    /** How long nobody has been connected. */
    Duration alone() {
        return sessions.isEmpty() ? Duration.ofNanos(System.nanoTime() - aloneSinceNanos) : Duration.ZERO;
    }

    long boot(TemplateSpec spec) throws InitFailedException, MachineException {
        if (templates.size() == HostCodec.TEMPLATES_MAX) {
            throw new MachineException(spec.name() + ": the machine host has as many templates as it may");
        }
        long number = numbers.incrementAndGet();
        templates.put(number, new Booted(HostCodec.key(spec), driver().boot(spec)));
        return number;
    }

    private synchronized KvmDriver driver() {
        KvmDriver driver = opened;
        if (driver == null) {
            driver = opening.get();
            opened = driver;
        }
        return driver;
    }

    void forget(String name) {
        driver().forget(name);
    }

    @Nullable
    KvmTemplate template(long number) {
        Booted booted = templates.get(number);
        return booted == null ? null : booted.template();
    }

    List<HostMessage.Listed> list() {
        List<HostMessage.Listed> list = new ArrayList<>();
        templates.forEach((number, booted) -> list.add(new HostMessage.Listed(number, booted.key())));
        return list;
    }

    void closeTemplate(long number) {
        Booted booted = templates.remove(number);
        if (booted != null) {
            booted.template().close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        sessions.forEach(HostSession::close);
        driver().close();
    }
}
