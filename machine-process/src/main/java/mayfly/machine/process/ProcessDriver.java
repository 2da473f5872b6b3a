package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.Interpreters;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Supervisor;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;

/** Machines that are sandboxed processes: forked from a zygote, or executed by the sandbox's init. */
public final class ProcessDriver implements MachineDriver {
    private static final System.Logger LOG = System.getLogger(ProcessDriver.class.getName());
    private static final String NAME = "process";
    private static final String MACHINE_PREFIX = "mac_";
    private static final List<String> SERVICES_NEED = List.of("userns", "pidns", "mountns", "netns", "proc");
    private static final int SIGKILL = 9;
    private static final long LEFTOVER_MILLIS_MAX = 10_000;

    private final HostReport probe;
    private final Interpreters interpreters;
    private final Path agents;
    private final ProcessHost host;
    private final Set<SandboxTemplate> templates = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private ProcessDriver(Supervisor supervisor, Path agents, Interpreters interpreters, HostReport probe) {
        this.probe = probe;
        this.interpreters = interpreters;
        this.agents = agents;
        this.host = new ProcessHost(
                supervisor,
                new EndWatch(supervisor),
                new Deadlines(),
                new WorkBuffers(),
                Ids.system(),
                templates::remove);
    }

    /**
     * Installs the agents and ends what an earlier node left running: its machines are of no use to this one.
     *
     * @param supervisor for this data directory; stays the caller's to close, after the driver
     * @param dataDirectory the node's, whose lock it holds
     * @param interpreters paths that are used instead of searching for a runtime's interpreter
     * @param probe what the sandbox gives on this host
     * @throws MachineException the agents cannot be written
     */
    public static ProcessDriver open(
            Supervisor supervisor, Path dataDirectory, Map<GuestRuntime, Path> interpreters, HostReport probe)
            throws MachineException {
        try {
            Path agents = AgentDirectory.install(dataDirectory.toAbsolutePath().resolve("run"));
            String searchPath = System.getenv().getOrDefault("PATH", "");
            var driver = new ProcessDriver(supervisor, agents, new Interpreters(interpreters, searchPath), probe);
            driver.endLeftovers();
            return driver;
        } catch (IOException e) {
            throw new MachineException("the agents cannot be installed: " + e.getMessage(), e);
        }
    }

    /** Where the agents' files are installed. */
    public Path agents() {
        return agents;
    }

    private void endLeftovers() {
        List<String> left = host.supervisor().names().stream()
                .filter(name -> name.startsWith(MACHINE_PREFIX))
                .toList();
        for (String name : left) {
            try {
                boolean lived = host.supervisor().signal(name, SIGKILL);
                LOG.log(Level.DEBUG, "sandbox {0} of an earlier node: {1}", name, lived ? "killed" : "ended already");
            } catch (MachineException e) {
                LOG.log(Level.WARNING, "sandbox {0} of an earlier node: {1}", name, e.getMessage());
            }
        }
        for (String name : left) {
            if (host.ends().ended(name, LEFTOVER_MILLIS_MAX)) {
                host.supervisor().remove(name);
            }
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public HostReport host() {
        return report(interpreters, probe);
    }

    /** What a driver opened with these would say of this host; starts nothing. */
    public static HostReport examine(Map<GuestRuntime, Path> interpreters, HostReport probe) {
        return report(new Interpreters(interpreters, System.getenv().getOrDefault("PATH", "")), probe);
    }

    private static HostReport report(Interpreters interpreters, HostReport probe) {
        List<HostReport.Feature> features = new ArrayList<>(probe.features());
        features.add(services(probe));
        features.addAll(interpreters.features());
        return new HostReport(NAME, probe.usable(), probe.level(), features);
    }

    /** Whether servers can be forked for their connections: without these namespaces they are refused. */
    private static HostReport.Feature services(HostReport probe) {
        List<String> missing = SERVICES_NEED.stream()
                .filter(name ->
                        probe.features().stream().noneMatch(it -> it.name().equals(name) && it.available()))
                .toList();
        return missing.isEmpty()
                ? new HostReport.Feature("services", true, "a fork of the server for each connection", "")
                : new HostReport.Feature(
                        "services", false, "needs " + String.join(", ", missing), "what is said of these, or /dev/kvm");
    }

    @Override
    public Template boot(TemplateSpec spec) throws InitFailedException, MachineException {
        if (closed) {
            throw new MachineException("the driver is closed");
        }
        if (!Files.isDirectory(spec.code())) {
            throw new MachineException(spec.name() + ": its code is missing from the data directory");
        }
        var plan = SandboxPlan.of(spec, interpreters.forRuntime(spec.runtime()).orElse(null), agents);
        return keep(new Boot(host, spec, plan).run());
    }

    @Override
    public Template boot(ServiceSpec spec) throws InitFailedException, MachineException {
        if (closed) {
            throw new MachineException("the driver is closed");
        }
        SharedServer.Start start = () -> keep(new ServiceBoot(host, spec, agents).run());
        return spec.shared() ? new SharedServer(start) : start.begin();
    }

    private SandboxTemplate keep(SandboxTemplate template) throws MachineException {
        templates.add(template);
        if (closed) {
            template.close();
            throw new MachineException("the driver was closed");
        }
        return template;
    }

    @Override
    public void close() {
        closed = true;
        List<Thread> closing = new ArrayList<>();
        for (SandboxTemplate template : templates) {
            closing.add(Thread.startVirtualThread(template::close));
        }
        boolean interrupted = false;
        for (Thread thread : closing) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        host.deadlines().close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
