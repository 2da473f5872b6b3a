package mayfly.api;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;

/**
 * A service as it is to be: checked and complete. {@link Json} writes and reads it, so it is also what a store keeps.
 *
 * @param guestPort absent for the first that the program opens
 * @param env in the order of names
 * @param idleAfterMs absent for what the node does with functions
 */
public record ServiceDefinition(
        String name,
        List<String> program,
        ServiceMode mode,
        ServiceListen listen,
        Optional<Integer> guestPort,
        int workers,
        int waitingMax,
        int warmup,
        Map<String, String> env,
        List<String> allowRead,
        List<String> volumes,
        List<String> allowConnect,
        int memoryMb,
        long requestTimeoutMs,
        Optional<Long> idleAfterMs,
        String directory,
        Isolation isolation) {

    private static final int WORKERS = 8;
    private static final int SHARED_WORKERS = 256;
    private static final int WAITING = 256;
    private static final int MEMORY_MB = 256;
    private static final long TIMEOUT_MS = 300_000;
    private static final int PORT_MAX = 65_535;
    private static final long IDLE_MS_MIN = 1_000;

    /** Numbers and letters of addresses and names of hosts; what they mean is the node's host's to say. */
    private static final Pattern HOST = Pattern.compile("[0-9A-Za-z][0-9A-Za-z.-]{0,252}|[0-9A-Fa-f:.]{2,45}");

    /**
     * Checks a request by everything that the request alone can tell.
     *
     * @param pathName the name in the path of a PUT
     */
    public static ServiceDefinition of(ServiceRequest request, Optional<String> pathName) throws InvalidException {
        RequestProblems problems = new RequestProblems();
        String name = problems.name(request.name(), pathName);
        problems.command("program", request.program());
        checkBuilt(request, problems);
        request.listen().ifPresent(listen -> checkListen(listen, problems));
        problems.range("guest_port", request.guestPort(), 1, PORT_MAX, 0);
        ServiceMode mode = request.mode().orElse(ServiceMode.EPHEMERAL);
        boolean shared = mode == ServiceMode.SHARED;
        int workers =
                problems.range("workers", request.workers(), 1, mode.workersMax(), shared ? SHARED_WORKERS : WORKERS);
        int waiting = problems.range("waiting_max", request.waitingMax(), 1, Limits.SERVICE_WAITING_MAX, WAITING);
        int warmup = problems.range("warmup", request.warmup(), 0, Limits.SERVICE_WARMUP_MAX, 0);
        problems.env(request.env());
        checkDirectories(request, problems);
        checkVolumes(request.volumes(), problems);
        checkDestinations(request.allowConnect(), problems);
        int memory =
                problems.range("memory_mb", request.memoryMb(), Limits.MEMORY_MB_MIN, Limits.MEMORY_MB_MAX, MEMORY_MB);
        long most = Limits.SERVICE_CONNECTION_MAX.toMillis();
        long timeout =
                problems.range("request_timeout_ms", request.requestTimeoutMs(), 1, most, shared ? most : TIMEOUT_MS);
        problems.range("idle_after_ms", request.idleAfterMs(), IDLE_MS_MIN, most, IDLE_MS_MIN);
        problems.refuse(ErrorCode.SERVICE_INVALID);
        return new ServiceDefinition(
                name,
                request.program(),
                mode,
                request.listen().map(ServiceDefinition::complete).orElse(ServiceListen.ANYWHERE),
                request.guestPort(),
                workers,
                waiting,
                warmup,
                new TreeMap<>(request.env()),
                request.allowRead(),
                request.volumes(),
                request.allowConnect(),
                memory,
                timeout,
                request.idleAfterMs(),
                request.directory().orElse("/"),
                request.isolation().orElse(Isolation.ANY));
    }

    /** The same with another number of machines. */
    public ServiceDefinition withWorkers(int machines) {
        return new ServiceDefinition(
                name,
                program,
                mode,
                listen,
                guestPort,
                machines,
                waitingMax,
                warmup,
                env,
                allowRead,
                volumes,
                allowConnect,
                memoryMb,
                requestTimeoutMs,
                idleAfterMs,
                directory,
                isolation);
    }

    private static ServiceListen complete(ServiceListen listen) {
        return listen.unix().isPresent()
                ? listen
                : new ServiceListen(
                        listen.host().or(() -> Optional.of(ServiceListen.HOST)),
                        listen.port().or(() -> Optional.of(0)),
                        Optional.empty());
    }

    /** What is known by name and not built is refused, so that nobody believes to have it. */
    private static void checkBuilt(ServiceRequest request, RequestProblems problems) {
        Isolation isolation = request.isolation().orElse(Isolation.ANY);
        if (isolation == Isolation.WASM) {
            problems.add(
                    "isolation",
                    "a server runs in virtual machines or in processes; leave it out, or say kvm or process; found "
                            + Shape.word(isolation));
        }
    }

    private static void checkListen(ServiceListen listen, RequestProblems problems) {
        if (listen.unix().isPresent()) {
            String path = listen.unix().get();
            problems.absolute("listen.unix", path);
            int bytes = path.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > Limits.UNIX_PATH_BYTES_MAX) {
                problems.add("listen.unix", "must not be over " + Limits.UNIX_PATH_BYTES_MAX + " bytes; has " + bytes);
            }
            if (listen.host().isPresent() || listen.port().isPresent()) {
                problems.add("listen", "give unix, or host and port");
            }
            return;
        }
        problems.range("listen.port", listen.port(), 0, PORT_MAX, 0);
        listen.host().ifPresent(host -> {
            if (!HOST.matcher(host).matches()) {
                problems.add(
                        "listen.host",
                        "must be an address of the node's host, like 127.0.0.1, 0.0.0.0 or ::1; found \""
                                + RequestProblems.printable(host) + "\"");
            }
        });
    }

    private static void checkVolumes(List<String> volumes, RequestProblems problems) {
        if (volumes.size() > Limits.SERVICE_VOLUMES_MAX) {
            problems.add(
                    "volumes", "must not be more than " + Limits.SERVICE_VOLUMES_MAX + "; found " + volumes.size());
        }
        for (int i = 0; i < volumes.size(); i++) {
            if (ServiceVolume.parse(volumes.get(i)).isEmpty()) {
                problems.add(
                        "volumes[" + i + "]",
                        "must be two absolute paths like /srv/data:/data; found \""
                                + RequestProblems.printable(volumes.get(i)) + "\"");
            }
        }
    }

    private static void checkDestinations(List<String> destinations, RequestProblems problems) {
        if (destinations.size() > Limits.SERVICE_DESTINATIONS_MAX) {
            problems.add(
                    "allow_connect",
                    "must not be more than " + Limits.SERVICE_DESTINATIONS_MAX + "; found " + destinations.size());
        }
        for (int i = 0; i < destinations.size(); i++) {
            if (ServiceDestination.parse(destinations.get(i)).isEmpty()) {
                problems.add(
                        "allow_connect[" + i + "]",
                        "must look like db.example:5432, 10.0.0.7:80 or [2001:db8::1]:443; found \""
                                + RequestProblems.printable(destinations.get(i)) + "\"");
            }
        }
    }

    private static void checkDirectories(ServiceRequest request, RequestProblems problems) {
        request.directory().ifPresent(directory -> problems.absolute("directory", directory));
        List<String> readable = request.allowRead();
        if (readable.size() > Limits.SERVICE_DIRECTORIES_MAX) {
            problems.add(
                    "allow_read",
                    "must not be more than " + Limits.SERVICE_DIRECTORIES_MAX + "; found " + readable.size());
        }
        for (int i = 0; i < readable.size(); i++) {
            problems.absolute("allow_read[" + i + "]", readable.get(i));
        }
    }
}
