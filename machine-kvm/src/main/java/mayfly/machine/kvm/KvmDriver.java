package mayfly.machine.kvm;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.HostReport.Feature;
import mayfly.machine.InitFailedException;
import mayfly.machine.Interpreters;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.KvmTemplate.Sharing;
import mayfly.machine.kvm.KvmTemplate.Terms;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.net.Destinations;
import mayfly.machine.kvm.program.Foresight;
import mayfly.machine.kvm.program.Program;
import org.jspecify.annotations.Nullable;

/** Machines that are virtual machines, forked from a frozen one and put back to it after use. */
public final class KvmDriver implements MachineDriver {
    private static final String NAME = "kvm";

    private final Kvm kvm;
    private final Path agents;
    private final Interpreters interpreters;
    private final Set<KvmTemplate> templates = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile Destinations.Resolver resolver = InetAddress::getAllByName;

    /** Null: templates are not kept on disk. */
    private final @Nullable TemplateFiles files;

    private final LongAdder booted = new LongAdder();
    private final LongAdder loaded = new LongAdder();

    private KvmDriver(Kvm kvm, Path agents, Interpreters interpreters, @Nullable TemplateFiles files) {
        this.files = files;
        this.kvm = kvm;
        this.agents = agents;
        this.interpreters = interpreters;
    }

    /**
     * @param agents directory with the agents' files
     * @param interpreters paths that are used instead of searching for a runtime's interpreter
     * @throws MachineException this host has no usable /dev/kvm; {@link #examine} tells why
     */
    public static KvmDriver open(Path agents, Map<GuestRuntime, Path> interpreters) throws MachineException {
        return open(agents, interpreters, null);
    }

    /**
     * A driver that keeps templates on disk: one that was closed, also by an earlier driver, begins again where it was
     * frozen, without running any of its start-up code.
     *
     * @param templates directory for them, this user's alone: their files hold the memory of functions and their
     *     environment; made when it is not there
     */
    public static KvmDriver open(Path agents, Map<GuestRuntime, Path> interpreters, @Nullable Path templates)
            throws MachineException {
        Kvm kvm;
        try {
            kvm = Kvm.open();
        } catch (ErrnoException e) {
            throw new MachineException("no virtual machines: " + e.getMessage(), e);
        }
        Interpreters found = new Interpreters(interpreters, System.getenv().getOrDefault("PATH", ""));
        return over(kvm, agents, found, templates);
    }

    /** Without them everything works, slower at times. */
    private static @Nullable TemplateFiles files(Kvm kvm, Path directory, Path agents) {
        try {
            return TemplateFiles.open(kvm, directory, agents, Limits.TEMPLATE_FILES_BYTES_MAX);
        } catch (IOException | ErrnoException e) {
            System.getLogger("mayfly.machine.kvm")
                    .log(System.Logger.Level.WARNING, "templates are not kept in {0}: {1}", directory, e);
            return null;
        }
    }

    /**
     * What became of templates since the driver was opened.
     *
     * @param booted by running their start-up code
     * @param loaded from a file
     * @param saved to a file
     */
    public record Starts(long booted, long loaded, long saved) {}

    public Starts starts() {
        return new Starts(booted.sum(), loaded.sum(), files == null ? 0 : files.saved());
    }

    /** Returns when every template that was booted until now is on disk, or could not be saved. */
    public void settle() {
        if (files != null) {
            files.settle();
        }
    }

    /** Removes what is kept on disk of templates with this name. */
    @Override
    public void forget(String name) {
        if (files != null) {
            files.forget(name);
        }
    }

    /**
     * For a process that cannot open /dev/kvm and search the host's programs by itself.
     *
     * @param kvm closed with the driver
     * @param agents directory with the agents' files
     */
    public static KvmDriver over(Kvm kvm, Path agents, Interpreters interpreters) {
        return over(kvm, agents, interpreters, null);
    }

    /** As {@link #over(Kvm, Path, Interpreters)}, keeping templates on disk as {@link #open(Path, Map, Path)} does. */
    public static KvmDriver over(Kvm kvm, Path agents, Interpreters interpreters, @Nullable Path templates) {
        return new KvmDriver(kvm, agents, interpreters, templates == null ? null : files(kvm, templates, agents));
    }

    /** For tests: asks somebody else for the addresses of names. */
    KvmDriver resolvingBy(Destinations.Resolver other) {
        resolver = other;
        return this;
    }

    /** What a driver would say of this host; starts nothing. */
    public static HostReport examine(Map<GuestRuntime, Path> interpreters) {
        List<Feature> features = new ArrayList<>();
        boolean usable = false;
        if (!System.getProperty("os.arch").equals("amd64")) {
            features.add(new Feature("dev_kvm", false, "virtual machines are made for x86-64 only", ""));
        } else {
            try (Kvm _ = Kvm.open()) {
                usable = true;
                features.add(new Feature("dev_kvm", true, "/dev/kvm opens", ""));
            } catch (ErrnoException e) {
                features.add(new Feature("dev_kvm", false, String.valueOf(e.getMessage()), remedy(e)));
            }
        }
        features.addAll(new Interpreters(interpreters, System.getenv().getOrDefault("PATH", "")).features());
        return new HostReport(NAME, usable, usable ? "full" : "none", features);
    }

    private static String remedy(ErrnoException e) {
        return switch (e.errno()) {
            case Errno.ENOENT ->
                "enable virtualisation in the firmware, or nested virtualisation at the provider, and load the module kvm_amd or kvm_intel";
            case Errno.EACCES -> "add this user to the group kvm (usermod -aG kvm USER, then log in again)";
            default -> "a kernel with KVM of Linux 4.17 or newer";
        };
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public HostReport host() {
        List<Feature> features = new ArrayList<>();
        features.add(new Feature("dev_kvm", true, "/dev/kvm opens", ""));
        features.addAll(interpreters.features());
        return new HostReport(NAME, true, "full", features);
    }

    @Override
    public KvmTemplate boot(TemplateSpec spec) throws InitFailedException, MachineException {
        refuseIfClosed(spec.name());
        if (spec.runtime() == GuestRuntime.NATIVE
                && !Files.isExecutable(spec.code().resolve("program"))) {
            throw new InitFailedException(
                    new GuestError("HandlerMissing", "the code has no executable file 'program'", "", "program", 0));
        }
        GuestPlan plan =
                GuestPlan.of(spec, interpreters.forRuntime(spec.runtime()).orElse(null), agents);
        return template(
                new Terms(spec.name(), spec.reusable()),
                view(spec, plan),
                world -> TemplateKey.of(spec, plan, world),
                view -> new FunctionBoot(kvm, spec, plan, view),
                _ -> {},
                plan.frames() ? FrameConversation::new : StreamConversation::new);
    }

    @Override
    public KvmTemplate boot(ServiceSpec spec) throws InitFailedException, MachineException {
        refuseIfClosed(spec.name());
        Foresight foresight = new Foresight();
        Destinations destinations = destinations(spec);
        return template(
                new Terms(spec.name(), false, spec.shared() ? new Sharing(spec.port(), spec.machinesMax()) : null),
                view(spec, destinations),
                world -> TemplateKey.of(spec, destinations.text(), world),
                view -> new ServiceBoot(kvm, spec, view, destinations),
                program -> program.network().reach(destinations),
                () -> new ConnectionConversation(spec.port(), spec.warmup() > 0, foresight));
    }

    private void refuseIfClosed(String name) throws MachineException {
        if (closed) {
            throw new MachineException(name + ": the driver is closed");
        }
    }

    private Destinations destinations(ServiceSpec spec) throws InitFailedException {
        try {
            return Destinations.of(spec.reach().destinations(), resolver);
        } catch (Destinations.UnreachableException e) {
            throw new InitFailedException(
                    new GuestError("DestinationInvalid", "allow_connect: " + e.getMessage(), "", "", 0));
        }
    }

    private static HostView view(ServiceSpec spec, Destinations destinations) throws MachineException {
        try {
            HostView view = HostView.standard();
            view.setHosts(destinations.hosts());
            Randomness.show(view);
            try {
                for (Path directory : spec.reach().readable()) {
                    view.addDirectory(directory, directory.toString());
                }
                for (Reach.Volume volume : spec.reach().volumes()) {
                    view.addVolume(volume.host(), volume.guest());
                }
                return view;
            } catch (ErrnoException | IllegalArgumentException e) {
                view.close();
                throw e;
            }
        } catch (ErrnoException | IllegalArgumentException e) {
            throw new MachineException(spec.name() + ": its files cannot be shown to machines: " + e.getMessage(), e);
        }
    }

    private static HostView view(TemplateSpec spec, GuestPlan plan) throws MachineException {
        try {
            return plan.view();
        } catch (ErrnoException | IllegalArgumentException e) {
            throw new MachineException(spec.name() + ": its files cannot be shown to machines: " + e.getMessage(), e);
        }
    }

    /**
     * A template from its file, or else booted. The view belongs to it, or is closed.
     *
     * @param keys its key in a world
     * @param equip gives the program of one that was loaded what no file keeps
     */
    private KvmTemplate template(
            Terms terms,
            HostView view,
            Function<String, TemplateKey> keys,
            Function<HostView, Boot> boots,
            Consumer<Program> equip,
            Supplier<Conversation> conversations)
            throws InitFailedException, MachineException {
        TemplateKey key = files == null ? null : keys.apply(files.world());
        Snapshot snapshot = files == null || key == null ? null : files.load(key, view);
        boolean isNew = snapshot == null;
        try {
            if (snapshot == null) {
                view.record();
                snapshot = boots.apply(view).run();
            } else {
                equip.accept(snapshot.program());
            }
            (isNew ? booted : loaded).increment();
            KvmTemplate template =
                    new KvmTemplate(kvm, terms, snapshot, view, conversations, Ids.system(), templates::remove, !isNew);
            if (isNew && files != null && key != null) {
                template.save(files, key);
            }
            templates.add(template); // from here on close sees it
            if (closed) {
                template.close();
            }
            return template;
        } catch (InitFailedException | MachineException e) {
            if (snapshot != null) {
                snapshot.close();
            }
            view.close();
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        templates.forEach(KvmTemplate::close);
        if (files != null) {
            files.close();
        }
        kvm.close();
    }
}
