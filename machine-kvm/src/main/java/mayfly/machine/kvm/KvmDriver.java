package mayfly.machine.kvm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import mayfly.base.Ids;
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
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.files.HostView;

/** Machines that are virtual machines, forked from a frozen one and put back to it after use. */
public final class KvmDriver implements MachineDriver {
    private static final String NAME = "kvm";

    private final Kvm kvm;
    private final Path agents;
    private final Interpreters interpreters;
    private final Set<KvmTemplate> templates = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private KvmDriver(Kvm kvm, Path agents, Interpreters interpreters) {
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
        try {
            String searchPath = System.getenv().getOrDefault("PATH", "");
            return new KvmDriver(Kvm.open(), agents, new Interpreters(interpreters, searchPath));
        } catch (ErrnoException e) {
            throw new MachineException("no virtual machines: " + e.getMessage(), e);
        }
    }

    /**
     * For a process that cannot open /dev/kvm and search the host's programs by itself.
     *
     * @param kvm closed with the driver
     * @param agents directory with the agents' files
     */
    public static KvmDriver over(Kvm kvm, Path agents, Interpreters interpreters) {
        return new KvmDriver(kvm, agents, interpreters);
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
        if (closed) {
            throw new MachineException(spec.name() + ": the driver is closed");
        }
        if (spec.runtime() == GuestRuntime.NATIVE
                && !Files.isExecutable(spec.code().resolve("program"))) {
            throw new InitFailedException(
                    new GuestError("HandlerMissing", "the code has no executable file 'program'", "", "program", 0));
        }
        GuestPlan plan =
                GuestPlan.of(spec, interpreters.forRuntime(spec.runtime()).orElse(null), agents);
        KvmTemplate template = template(spec, plan, view(spec, plan));
        templates.add(template);
        if (closed) {
            template.close();
        }
        return template;
    }

    private static HostView view(TemplateSpec spec, GuestPlan plan) throws MachineException {
        try {
            return plan.view();
        } catch (ErrnoException | IllegalArgumentException e) {
            throw new MachineException(spec.name() + ": its files cannot be shown to machines: " + e.getMessage(), e);
        }
    }

    /** The view belongs to the template, or is closed. */
    private KvmTemplate template(TemplateSpec spec, GuestPlan plan, HostView view)
            throws InitFailedException, MachineException {
        Snapshot snapshot = null;
        try {
            snapshot = new Boot(kvm, spec, plan, view).run();
            Supplier<Conversation> conversations = plan.frames() ? FrameConversation::new : StreamConversation::new;
            return new KvmTemplate(kvm, spec, snapshot, view, conversations, Ids.system(), templates::remove);
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
        kvm.close();
    }
}
