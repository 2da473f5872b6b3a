package mayfly.node;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.api.FieldProblem;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceDestination;
import mayfly.api.ServiceListen;
import mayfly.api.ServiceMode;
import mayfly.api.ServiceVolume;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;

/**
 * Holds definitions of services against this host: finds the program, looks at directories, reads addresses.
 *
 * @param path where programs without a slash in their name are looked for, in this order
 * @param idleAfter of services that say nothing else
 */
record ServicePlans(List<Path> path, Duration initTimeout, Duration idleAfter) {
    /** Where the programs are that every machine sees. */
    private static final List<Path> SYSTEM = List.of(Path.of("/usr"), Path.of("/bin"), Path.of("/sbin"));

    /** What a shared machine holds is lost with it. */
    private static final Duration NEVER = Duration.ofDays(36_500);

    ServicePlans {
        path = List.copyOf(path);
    }

    /** What PATH says; relative parts of it are not used. */
    static List<Path> path(String variable) {
        return Stream.of(variable.split(":", -1))
                .filter(part -> part.startsWith("/"))
                .map(Path::of)
                .toList();
    }

    /** @throws RefusedException SERVICE_INVALID: this host does not have what the definition names */
    ServiceSettings settings(ServiceDefinition service, int version) throws RefusedException {
        List<FieldProblem> problems = new ArrayList<>();
        Path directory = directory("directory", service.directory(), problems);
        List<Path> readable = new ArrayList<>();
        for (int i = 0; i < service.allowRead().size(); i++) {
            readable.add(directory("allow_read[" + i + "]", service.allowRead().get(i), problems));
        }
        List<Reach.Volume> volumes = new ArrayList<>();
        for (int i = 0; i < service.volumes().size(); i++) {
            ServiceVolume volume = ServiceVolume.parse(service.volumes().get(i)).orElseThrow();
            volumes.add(new Reach.Volume(directory("volumes[" + i + "]", volume.host(), problems), volume.guest()));
        }
        Optional<Path> program = program(service.program().getFirst(), directory, readable, problems);
        Optional<ServiceSettings.Listen> listen = listen(service.listen(), problems);
        if (!problems.isEmpty()) {
            throw new RefusedException(
                    ErrorCode.SERVICE_INVALID,
                    String.join(
                            "; ", problems.stream().map(FieldProblem::toString).toList()));
        }
        List<String> command = new ArrayList<>(service.program());
        command.set(0, program.orElseThrow().toString());
        boolean shared = service.mode() == ServiceMode.SHARED;
        ServiceSpec template = new ServiceSpec(
                templateName(service.name(), version),
                command,
                service.env(),
                directory.toString(),
                new Reach(readable, volumes, destinations(service)),
                shared,
                service.guestPort().orElse(0),
                service.warmup(),
                (long) service.memoryMb() * Limits.MIB,
                service.mode().workersMax(),
                initTimeout);
        return new ServiceSettings(
                service.name(),
                version,
                template,
                listen.orElseThrow(),
                service.workers(),
                service.waitingMax(),
                Limits.SERVICE_WAIT_MAX,
                Duration.ofMillis(service.requestTimeoutMs()),
                service.idleAfterMs().map(Duration::ofMillis).orElse(shared ? NEVER : idleAfter));
    }

    /** What drivers know the templates of a version by; no function's are called so. */
    static String templateName(String service, int version) {
        return "service " + service + " v" + version;
    }

    private static List<Reach.Destination> destinations(ServiceDefinition service) {
        return service.allowConnect().stream()
                .flatMap(text -> ServiceDestination.parse(text).stream())
                .map(it -> new Reach.Destination(it.host(), it.port()))
                .toList();
    }

    private static Path directory(String field, String text, List<FieldProblem> problems) {
        try {
            Path directory = Path.of(text).normalize();
            if (!Files.isDirectory(directory)) {
                problems.add(new FieldProblem(field, "there is no directory " + text + " on the node's host"));
            }
            return directory;
        } catch (InvalidPathException e) {
            problems.add(new FieldProblem(field, "is not a path of the node's host: " + e.getReason()));
            return Path.of("/");
        }
    }

    /**
     * The program as machines see it. Of several in PATH the first that they can see: shims of version managers, which live
     * in somebody's home, are passed over.
     */
    private Optional<Path> program(String name, Path directory, List<Path> readable, List<FieldProblem> problems) {
        try {
            boolean plain = name.indexOf('/') < 0;
            List<Path> places = plain
                    ? path.stream().map(it -> it.resolve(name)).toList()
                    : List.of(directory.resolve(name).normalize());
            List<Path> there = places.stream()
                    .filter(it -> Files.isRegularFile(it) && Files.isExecutable(it))
                    .toList();
            Optional<Path> seen = there.stream()
                    .filter(it ->
                            Stream.concat(SYSTEM.stream(), readable.stream()).anyMatch(it::startsWith))
                    .findFirst();
            if (seen.isPresent()) {
                return seen;
            } else if (!there.isEmpty()) {
                problems.add(new FieldProblem(
                        "program",
                        "machines do not see " + there.getFirst() + "; allow its directory in allow_read, or name"
                                + " another program by its path"));
            } else if (plain) {
                problems.add(new FieldProblem("program", "there is no program " + name + " in the PATH of the node"));
            } else {
                problems.add(new FieldProblem(
                        "program", "there is no executable file " + places.getFirst() + " on the node's host"));
            }
            return Optional.empty();
        } catch (InvalidPathException e) {
            problems.add(new FieldProblem("program", "is not a path of the node's host: " + e.getReason()));
            return Optional.empty();
        }
    }

    private static Optional<ServiceSettings.Listen> listen(ServiceListen listen, List<FieldProblem> problems) {
        if (listen.unix().isPresent()) {
            return Optional.of(
                    new ServiceSettings.Listen.Unix(Path.of(listen.unix().get())));
        }
        String host = listen.host().orElse("127.0.0.1");
        try {
            // No names: asking for one may take long, and may give another address at the next start.
            InetAddress address = InetAddress.ofLiteral(host.equals("localhost") ? "127.0.0.1" : host);
            return Optional.of(
                    new ServiceSettings.Listen.Tcp(address, listen.port().orElse(0)));
        } catch (IllegalArgumentException e) {
            problems.add(new FieldProblem(
                    "listen.host", "must be an address like 127.0.0.1, 0.0.0.0 or ::1, or localhost; found " + host));
            return Optional.empty();
        }
    }

    /** Why a service cannot listen, in words for its creator. */
    static RefusedException cannotListen(ServiceDefinition service, IOException failure) {
        String address = service.listen().text();
        String why = String.valueOf(failure.getMessage());
        if (why.contains("EADDRINUSE")) {
            return new RefusedException(
                    ErrorCode.SERVICE_ADDRESS_TAKEN,
                    address + " is in use, by another program or another service of this node (mayfly ls services);"
                            + " choose another address, or port 0 for any that is free",
                    failure);
        } else if (why.contains("EACCES") || why.contains("EPERM")) {
            return new RefusedException(
                    ErrorCode.SERVICE_INVALID,
                    "listen: the node's user may not listen on " + address
                            + "; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE), Unix sockets a directory that"
                            + " it may write to",
                    failure);
        } else if (why.contains("EADDRNOTAVAIL")) {
            return new RefusedException(
                    ErrorCode.SERVICE_INVALID,
                    "listen: " + address + " is no address of the node's host; 0.0.0.0 stands for all of them",
                    failure);
        }
        return new RefusedException(
                ErrorCode.SERVICE_INVALID, "listen: cannot listen on " + address + ": " + why, failure);
    }
}
