package mayfly.machine.host;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mayfly.base.Limits;
import mayfly.linux.Kvm;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Interpreter;
import mayfly.machine.MachineException;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.kvm.files.HostView;
import tools.jackson.core.json.JsonFactory;

/** Decides how the host's process is started, and what it sees: nothing of the node but code. */
record HostPlan(SupervisedSpec spec, String key) {
    /** Name of the listening socket in the supervised directory. */
    static final String SOCKET = "work.sock";

    static final Path CODE = Path.of("/host/code");
    private static final String AGENTS = "/host/agents";
    private static final String TEMPLATES = "/host/templates";
    private static final String LIBRARIES = "/host/lib/";
    private static final String JDK = "/host/jdk";
    private static final long OUTPUT_BYTES_MAX = 16L * Limits.MIB;
    private static final long TMP_BYTES = 16L * Limits.MIB;
    private static final int THREADS_MAX = 8192;
    private static final int KEY_CHARS = 16;
    /** The heap holds what machines have in their /tmp; their memory is not in it. */
    private static final String HEAP = "-Xmx512m";

    /**
     * @param agents directory with the agents' files
     * @param code directory below which functions' code is, now and later
     * @param templates directory in which it keeps templates
     */
    static HostPlan of(Path agents, Path code, Path templates, Map<GuestRuntime, Interpreter> interpreters)
            throws MachineException {
        List<Sandbox.Bind> binds = new ArrayList<>();
        binds.add(Sandbox.Bind.readOnly(agents.toAbsolutePath(), AGENTS));
        binds.add(Sandbox.Bind.readOnly(code.toAbsolutePath(), CODE.toString()));
        binds.add(Sandbox.Bind.writable(templates.toAbsolutePath(), TEMPLATES));
        for (String each : HostView.settings()) {
            if (Files.exists(Path.of(each)) && !each.equals("/etc/ld.so.cache")) {
                binds.add(Sandbox.Bind.readOnly(Path.of(each), each));
            }
        }
        interpreters
                .values()
                .forEach(each -> each.bind().ifPresent(it -> binds.add(Sandbox.Bind.readOnly(it, it.toString()))));
        List<String> classPath = new ArrayList<>();
        for (Path library : libraries()) {
            String inside = LIBRARIES + classPath.size() + "/" + library.getFileName();
            binds.add(Sandbox.Bind.readOnly(library, inside));
            classPath.add(inside);
        }
        List<String> argv = new ArrayList<>();
        argv.add(java(binds));
        argv.addAll(List.of(
                HEAP,
                "-Xms16m",
                "-XX:MinHeapFreeRatio=10",
                "-XX:MaxHeapFreeRatio=30",
                "-XX:+UseSerialGC",
                "-XX:ReservedCodeCacheSize=48m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-UsePerfData",
                "-XX:+DisableAttachMechanism",
                "-XX:-CreateCoredumpOnCrash",
                "-Dstderr.encoding=UTF-8",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(":", classPath),
                HostMain.class.getName()));
        argv.addAll(List.of(HostMain.arguments(AGENTS, TEMPLATES, interpreters)));
        SupervisedSpec spec = new SupervisedSpec(
                argv,
                Map.of("PATH", "/usr/bin:/bin", "LANG", "C.UTF-8"),
                "/",
                0,
                0,
                SupervisedSpec.GRACE_MILLIS_DEFAULT,
                OUTPUT_BYTES_MAX,
                Optional.of(sandbox(binds)));
        return new HostPlan(spec, key(spec));
    }

    private static Sandbox sandbox(List<Sandbox.Bind> binds) {
        return new Sandbox(
                binds,
                TMP_BYTES,
                Sandbox.Network.NONE,
                THREADS_MAX,
                Sandbox.Capabilities.NONE,
                SOCKET,
                Sandbox.Init.REAP,
                Sandbox.Seccomp.MACHINES,
                Set.of("mountns", "pidns", "netns", "proc", "ids", "caps", "seccomp"));
    }

    /** This JDK's launcher, where the host will see it. */
    private static String java(List<Sandbox.Bind> binds) {
        Path home = Path.of(System.getProperty("java.home"));
        if (home.startsWith("/usr")) {
            return home.resolve("bin/java").toString();
        }
        binds.add(Sandbox.Bind.readOnly(home, JDK));
        return JDK + "/bin/java";
    }

    /** The jars, or directories of classes, that the host's program is in; nothing else of the node is shown to it. */
    private static List<Path> libraries() throws MachineException {
        List<Path> libraries = new ArrayList<>();
        for (Class<?> each : List.of(
                HostMain.class, KvmDriver.class, TemplateSpec.class, Kvm.class, Limits.class, JsonFactory.class)) {
            CodeSource source = each.getProtectionDomain().getCodeSource();
            URL location = source == null ? null : source.getLocation();
            if (location == null) {
                throw new MachineException(each.getName() + " is not from a file that a machine host can be shown");
            }
            try {
                libraries.add(Path.of(location.toURI()));
            } catch (URISyntaxException | RuntimeException e) {
                throw new MachineException("a machine host cannot be shown " + location, e);
            }
        }
        return libraries;
    }

    /** The same for hosts that are started the same way from the same build. */
    private static String key(SupervisedSpec spec) throws MachineException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            StringBuilder all = new StringBuilder();
            spec.argv().forEach(each -> all.append(each).append('\0'));
            for (Sandbox.Bind bind : spec.sandbox().orElseThrow().binds()) {
                all.append(bind.host()).append('\0').append(bind.guest()).append('\0');
                if (bind.guest().startsWith(LIBRARIES)) {
                    all.append(Files.size(bind.host()))
                            .append('\0')
                            .append(Files.getLastModifiedTime(bind.host()).toMillis())
                            .append('\0');
                }
            }
            digest.update(all.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest()).substring(0, KEY_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        } catch (IOException e) {
            throw new MachineException("the machine host's program cannot be read: " + e.getMessage(), e);
        }
    }
}
