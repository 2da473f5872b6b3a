package mayfly.machine.process;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.machine.MachineException;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;

/** The file {@code spec}: what the monitor is to run, as key=value records that each end with a NUL byte. */
final class SpecFile {
    private static final String UID = "uid=";

    static final int BYTES_MAX = 256 * 1024;
    /** Where the node listens, seen from a supervised directory. */
    private static final String REPORT = "../../run/" + MonitorReports.SOCKET;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);

    private SpecFile() {}

    /**
     * @param uid the user a sandbox becomes; empty when the node cannot change users
     * @param cgroups directories under which a sandbox is counted
     * @throws MachineException the spec cannot be expressed: names the key
     */
    static byte[] encode(SupervisedSpec spec, OptionalInt uid, List<Path> cgroups) throws MachineException {
        SpecFile file = new SpecFile();
        file.put("v", "1");
        file.putCommand(spec);
        file.put("report", REPORT);
        if (spec.sandbox().isPresent()) {
            file.putSandbox(spec.sandbox().get(), uid, cgroups);
        } else {
            file.put("sandbox", "none");
        }
        if (file.bytes.size() > BYTES_MAX) {
            throw new MachineException("spec: " + file.bytes.size() + " bytes are more than " + BYTES_MAX);
        }
        return file.bytes.toByteArray();
    }

    /** The user id in a spec's bytes; empty when there is none or they are not a spec. */
    static OptionalInt uid(byte[] spec) {
        String records = new String(spec, StandardCharsets.ISO_8859_1);
        int at = records.startsWith(UID) ? 0 : records.indexOf('\0' + UID) + 1;
        if (at == 0 && !records.startsWith(UID)) {
            return OptionalInt.empty();
        }
        int end = records.indexOf('\0', at);
        String digits = end < 0 ? "" : records.substring(at + UID.length(), end); // without an end it was cut short
        return digits.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(digits)) : OptionalInt.empty();
    }

    private void putCommand(SupervisedSpec spec) throws MachineException {
        if (spec.argv().isEmpty() || spec.argv().getFirst().isEmpty()) {
            throw new MachineException("argv: there is no program");
        }
        for (String argument : spec.argv()) {
            put("argv", argument);
        }
        for (var entry : spec.env().entrySet()) {
            if (entry.getKey().isEmpty() || entry.getKey().contains("=")) {
                throw new MachineException("env: not a variable's name: '" + entry.getKey() + "'");
            }
            put("env", entry.getKey() + "=" + entry.getValue());
        }
        put("cwd", absolute("cwd", spec.cwd()));
        putIfSet("memory", spec.memoryBytes());
        putIfSet("timeout_ms", spec.timeoutMillis());
        put("grace_ms", spec.graceMillis());
        putIfSet("output_max", spec.outputBytesMax());
    }

    private void putSandbox(Sandbox sandbox, OptionalInt uid, List<Path> cgroups) throws MachineException {
        put("sandbox", "process");
        if (uid.isPresent()) {
            put("uid", uid.getAsInt());
            put("gid", uid.getAsInt());
        }
        for (Sandbox.Bind bind : sandbox.binds()) {
            String key = bind.writable() ? "rw" : "ro";
            if (bind.guest().contains(":")) {
                throw new MachineException(key + ": a path inside the sandbox has no colon: " + bind.guest());
            }
            put(key, absolute(key, bind.host().toString()) + ":" + absolute(key, bind.guest()));
        }
        putIfSet("tmp", sandbox.tmpBytes());
        put("net", lower(sandbox.network()));
        putIfSet("pids", sandbox.processesMax());
        put("caps", lower(sandbox.capabilities()));
        Optional<String> listen = Optional.of(sandbox.listen()).filter(name -> !name.isEmpty());
        if (listen.isPresent()) {
            put("listen", listen.get());
        }
        if (sandbox.seccomp() == Sandbox.Seccomp.MACHINES) {
            put("pass", "/dev/kvm");
        }
        put("init", lower(sandbox.init()));
        put("seccomp", lower(sandbox.seccomp()));
        for (Path cgroup : cgroups) {
            put("cgroup", absolute("cgroup", cgroup.toString()));
        }
        if (!sandbox.required().isEmpty()) {
            put("require", String.join(",", sandbox.required().stream().sorted().toList()));
        }
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String absolute(String key, String path) throws MachineException {
        if (!path.startsWith("/")) {
            throw new MachineException(key + ": not an absolute path: " + path);
        }
        return path;
    }

    private void putIfSet(String key, long value) throws MachineException {
        if (value != 0) {
            put(key, value);
        }
    }

    private void put(String key, long value) throws MachineException {
        if (value < 0) {
            throw new MachineException(key + ": negative: " + value);
        }
        put(key, Long.toString(value));
    }

    private void put(String key, String value) throws MachineException {
        if (value.indexOf('\0') >= 0) {
            throw new MachineException(key + ": has a NUL character");
        }
        bytes.writeBytes((key + "=" + value + "\0").getBytes(StandardCharsets.UTF_8));
    }
}
