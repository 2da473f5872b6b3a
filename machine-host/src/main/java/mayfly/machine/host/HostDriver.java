package mayfly.machine.host;

import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import mayfly.base.Ids;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.Interpreter;
import mayfly.machine.Interpreters;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Supervisor;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.KvmDriver;
import org.jspecify.annotations.Nullable;

/** Machines that are virtual machines in the machine host's process, which is started when it is needed. */
public final class HostDriver implements MachineDriver {
    private static final System.Logger LOG = System.getLogger(HostDriver.class.getName());
    private static final String NAME = "kvm";
    private static final long ANSWER_MILLIS = 5_000;
    /** What the host needs beyond the time that it was given, on a host that is very busy. */
    private static final long SLACK_MILLIS = 15_000;

    private static final long WATCH_MILLIS = 500;
    /** How long templates of an earlier node wait for this one to want them. */
    private static final long UNCLAIMED_MILLIS = 120_000;

    private final Host.Starter starter;
    private final HostPaths paths;
    private final long slackMillis;
    private final Supplier<HostReport> report;
    private final Ids ids = Ids.system();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("machine-host-watch").factory());
    private final Set<HostTemplate> templates = ConcurrentHashMap.newKeySet();

    /** Makes the driver of services' machines: connections are not handed to the host yet, so those live here. */
    private final Opening services;

    // guarded by this
    private @Nullable MachineDriver ofServices;
    private @Nullable Lanes lanes;
    /** Templates of an earlier node, by their keys. */
    private final Map<String, Long> unclaimed = new HashMap<>();

    private volatile boolean closed;

    /** Makes a driver. */
    @FunctionalInterface
    interface Opening {
        MachineDriver open() throws MachineException;
    }

    HostDriver(Host.Starter starter, HostPaths paths, Supplier<HostReport> report, long slackMillis, Opening services) {
        this.services = services;
        this.slackMillis = slackMillis;
        this.starter = starter;
        this.paths = paths;
        this.report = report;
        var watching = timer.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
        assert watching != null;
    }

    /**
     * For a host that has /dev/kvm; the host is started when it is needed, or by {@link #prepare}.
     *
     * @param supervisor for the node's data directory; stays the caller's to close, after the driver
     * @param agents directory with the agents' files
     * @param code directory below which functions' code is, now and later
     * @param templates directory in which the host keeps templates; from now on the host's, nobody else's
     * @param interpreters paths that are used instead of searching for a runtime's interpreter
     */
    public static HostDriver open(
            Supervisor supervisor, Path agents, Path code, Path templates, Map<GuestRuntime, Path> interpreters) {
        Interpreters search = new Interpreters(interpreters, System.getenv().getOrDefault("PATH", ""));
        return new HostDriver(
                () -> SupervisedHost.findOrStart(
                        supervisor, HostPlan.of(agents, code, templates, found(search)), templates),
                new HostPaths(code.toAbsolutePath().normalize(), HostPlan.CODE),
                () -> report(new HostReport.Feature("dev_kvm", true, "/dev/kvm opens", ""), search.features(), ""),
                SLACK_MILLIS,
                () -> KvmDriver.open(agents, interpreters));
    }

    private static Map<GuestRuntime, Interpreter> found(Interpreters search) {
        Map<GuestRuntime, Interpreter> found = new EnumMap<>(GuestRuntime.class);
        for (GuestRuntime runtime : GuestRuntime.values()) {
            try {
                search.forRuntime(runtime).ifPresent(it -> found.put(runtime, it));
            } catch (MachineException e) {
                LOG.log(Level.DEBUG, "no {0}: {1}", runtime.wireName(), e.getMessage());
            }
        }
        return found;
    }

    /**
     * What is to be said of this host; starts nothing.
     *
     * @param machines what {@link mayfly.machine.kvm.KvmDriver} says of it
     * @param whyNot why the machines will live in the node's own process; empty when they will not
     */
    public static HostReport examine(HostReport machines, String whyNot) {
        return machines.usable()
                ? report(
                        machines.features().getFirst(),
                        machines.features().subList(1, machines.features().size()),
                        whyNot)
                : machines;
    }

    private static HostReport report(HostReport.Feature kvm, List<HostReport.Feature> runtimes, String whyNot) {
        boolean apart = whyNot.isEmpty();
        List<HostReport.Feature> features = new ArrayList<>();
        features.add(kvm);
        features.add(new HostReport.Feature(
                "machine_host",
                apart,
                apart ? "the machines live in a jailed process of their own" : whyNot,
                apart ? "" : "the machines live in the node's process instead"));
        features.addAll(runtimes);
        return new HostReport(NAME, true, "full", features);
    }

    private void watch() {
        Lanes current;
        synchronized (this) {
            current = lanes;
        }
        if (current != null) {
            current.watch();
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public HostReport host() {
        return report.get();
    }

    @Override
    public Template boot(TemplateSpec spec) throws InitFailedException, MachineException {
        if (spec.runtime() == GuestRuntime.NATIVE
                && !Files.isExecutable(spec.code().resolve("program"))) {
            throw new InitFailedException(
                    new GuestError("HandlerMissing", "the code has no executable file 'program'", "", "program", 0));
        }
        HostTemplate template = new HostTemplate(this, spec, place(spec), ids);
        templates.add(template);
        if (closed) {
            template.close();
            throw new MachineException(spec.name() + ": the driver is closed");
        }
        return template;
    }

    @Override
    public Template boot(ServiceSpec spec) throws InitFailedException, MachineException {
        MachineDriver here;
        synchronized (this) {
            if (closed) {
                throw new MachineException(spec.name() + ": the driver is closed");
            }
            if (ofServices == null) {
                ofServices = services.open();
            }
            here = ofServices;
        }
        return here.boot(spec);
    }

    /** A template of this spec in the host that runs: one that an earlier node left, or a new one. */
    HostTemplate.Place place(TemplateSpec spec) throws InitFailedException, MachineException {
        TemplateSpec inside = paths.inside(spec);
        Lanes current = running();
        Long number = claim(HostCodec.key(inside));
        return new HostTemplate.Place(current, number == null ? ask(current, inside) : number);
    }

    private static long ask(Lanes current, TemplateSpec spec) throws InitFailedException, MachineException {
        Lane lane = current.take();
        try {
            HostMessage.Answer answer =
                    lane.ask(new HostMessage.Boot(spec), spec.initTimeout().toMillis());
            current.giveBack(lane);
            return switch (answer) {
                case HostMessage.Ready(long number) -> number;
                case HostMessage.InitFailed(var error) -> throw new InitFailedException(error);
                case HostMessage.Refused(var reason) -> throw new MachineException(reason);
                case HostMessage.Answer other ->
                    throw new MachineException("the machine host answered a boot with " + Lane.name(other));
            };
        } catch (Lane.Broken e) {
            current.drop(lane);
            throw new MachineException(
                    spec.name() + ": " + e.getMessage() + (current.live() ? "" : "; it " + current.ending()), e);
        } catch (IllegalArgumentException e) {
            current.giveBack(lane);
            throw new MachineException(spec.name() + ": " + e.getMessage(), e);
        }
    }

    /** The host that runs, or a new one. */
    private synchronized Lanes running() throws MachineException {
        if (closed) {
            throw new MachineException("the driver is closed");
        }
        Lanes current = lanes;
        if (current != null && current.live()) {
            return current;
        }
        if (current != null) {
            LOG.log(Level.WARNING, "the machine host {0}; starting another one", current.ending());
            current.close();
        }
        unclaimed.clear();
        Host host = starter.start();
        current = new Lanes(host, slackMillis);
        lanes = current;
        findTemplates(current);
        return current;
    }

    /** Starts the host, or finds it, so that the first call need not wait for that. */
    public void prepare() throws MachineException {
        Lanes current = running();
        assert current.live() || !current.live();
    }

    private void findTemplates(Lanes current) throws MachineException {
        Lane lane = current.take();
        try {
            switch (lane.ask(new HostMessage.ListTemplates(), ANSWER_MILLIS)) {
                case HostMessage.Templates(var list) ->
                    list.forEach(each -> unclaimed.put(each.key(), each.template()));
                case HostMessage.Answer other ->
                    throw new MachineException("the machine host listed templates with " + Lane.name(other));
            }
            current.giveBack(lane);
        } catch (Lane.Broken e) {
            current.drop(lane);
            throw new MachineException(String.valueOf(e.getMessage()), e);
        }
        if (!unclaimed.isEmpty()) {
            LOG.log(Level.INFO, "found a machine host with {0} templates", unclaimed.size());
            var later = timer.schedule(
                    () -> Thread.startVirtualThread(() -> closeUnclaimed(current)),
                    UNCLAIMED_MILLIS,
                    TimeUnit.MILLISECONDS);
            assert later != null;
        }
    }

    private synchronized @Nullable Long claim(String key) {
        return unclaimed.remove(key);
    }

    private void closeUnclaimed(Lanes current) {
        List<Long> left;
        synchronized (this) {
            if (lanes != current) {
                return;
            }
            left = new ArrayList<>(unclaimed.values());
            unclaimed.clear();
        }
        left.forEach(number -> closeTemplate(current, number));
    }

    /** Ends a template of the host; a host that cannot is ended. */
    static void closeTemplate(Lanes lanes, long number) {
        if (!lanes.live()) {
            return;
        }
        try {
            Lane lane = lanes.take();
            try {
                HostMessage.Answer answer = lane.ask(new HostMessage.CloseTemplate(number), ANSWER_MILLIS);
                assert answer instanceof HostMessage.Done : "what else it says changes nothing";
                lanes.giveBack(lane);
            } catch (Lane.Broken e) {
                lanes.drop(lane);
                throw new MachineException(String.valueOf(e.getMessage()), e);
            }
        } catch (MachineException e) {
            if (lanes.live()) {
                LOG.log(Level.WARNING, "the machine host is ended: {0}", e.getMessage());
                lanes.close();
            }
        }
    }

    @Override
    public void forget(String name) {
        Lanes current;
        synchronized (this) {
            current = lanes;
        }
        try {
            Lanes told = current == null || !current.live() ? running() : current;
            Lane lane = told.take();
            try {
                HostMessage.Answer answer = lane.ask(new HostMessage.Forget(name), ANSWER_MILLIS);
                assert answer instanceof HostMessage.Done : "what else it says changes nothing";
                told.giveBack(lane);
            } catch (Lane.Broken e) {
                told.drop(lane);
                throw new MachineException(String.valueOf(e.getMessage()), e);
            }
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "{0}: what is kept of its templates stays: {1}", name, e.getMessage());
        }
    }

    void forget(HostTemplate template) {
        templates.remove(template);
    }

    @Override
    public void close() {
        closed = true;
        Lanes current;
        MachineDriver here;
        synchronized (this) {
            current = lanes;
            lanes = null;
            here = ofServices;
        }
        if (here != null) {
            here.close();
        }
        if (current != null) {
            current.close();
        }
        templates.forEach(HostTemplate::close);
        timer.shutdownNow();
    }
}
