package mayfly.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Finds the host's Python and Node: the configured one, else the system's, else the first that PATH gives. Looks once. */
public final class Interpreters {
    private static final long ANSWER_SECONDS_MAX = 10;
    private static final List<Path> SYSTEM =
            List.of(Path.of("/usr"), Path.of("/bin"), Path.of("/lib"), Path.of("/lib64"), Path.of("/sbin"));

    private final Map<GuestRuntime, Path> configured;
    private final String searchPath;

    // guarded by this
    private final Map<GuestRuntime, Found> found = new EnumMap<>(GuestRuntime.class);

    /** @param interpreter absent when there is none; then why says so */
    private record Found(@Nullable Interpreter interpreter, String why) {}

    /** @param searchPath the node's PATH */
    public Interpreters(Map<GuestRuntime, Path> configured, String searchPath) {
        this.configured = Map.copyOf(configured);
        this.searchPath = searchPath;
    }

    /** Those that somebody else found; there are no others. */
    public static Interpreters known(Map<GuestRuntime, Interpreter> interpreters) {
        Interpreters known = new Interpreters(Map.of(), "");
        for (GuestRuntime runtime : GuestRuntime.values()) {
            Interpreter there = interpreters.get(runtime);
            known.found.put(runtime, new Found(there, there == null ? "none was found when this process started" : ""));
        }
        return known;
    }

    /**
     * Empty for runtimes that need none.
     *
     * @throws MachineException there is none on this host; the message says what to install
     */
    public Optional<Interpreter> forRuntime(GuestRuntime runtime) throws MachineException {
        if (runtime == GuestRuntime.NATIVE) {
            return Optional.empty();
        }
        Found result = look(runtime);
        if (result.interpreter() == null) {
            throw new MachineException(result.why() + "; " + remedy(runtime));
        }
        return Optional.of(result.interpreter());
    }

    /** For the host report: which are there, and what to do about those that are not. */
    public List<HostReport.Feature> features() {
        List<HostReport.Feature> features = new ArrayList<>();
        for (GuestRuntime runtime : List.of(GuestRuntime.PYTHON3, GuestRuntime.NODE)) {
            Found result = look(runtime);
            Interpreter there = result.interpreter();
            features.add(
                    there == null
                            ? new HostReport.Feature(runtime.wireName(), false, result.why(), remedy(runtime))
                            : new HostReport.Feature(
                                    runtime.wireName(), true, there.program() + " " + there.version(), ""));
        }
        return features;
    }

    private static String remedy(GuestRuntime runtime) {
        return runtime == GuestRuntime.PYTHON3
                ? "install Python 3.9 or newer (Debian, Ubuntu: apt install python3)"
                : "install Node 18 or newer (Debian, Ubuntu: apt install nodejs)";
    }

    private synchronized Found look(GuestRuntime runtime) {
        return found.computeIfAbsent(runtime, this::search);
    }

    private Found search(GuestRuntime runtime) {
        String name = runtime == GuestRuntime.PYTHON3 ? "python3" : "node";
        StringBuilder why = new StringBuilder();
        for (Path candidate : candidates(runtime, name)) {
            if (Files.isExecutable(candidate)) {
                Found result = ask(runtime, candidate);
                if (result.interpreter() != null) {
                    return result;
                }
                why.append(why.isEmpty() ? "" : "; ").append(result.why());
            }
        }
        Path only = configured.get(runtime);
        String nothing = only == null
                ? "there is no " + name + " on this host"
                : "the configured " + name + ", " + only + ", is not there or cannot be executed";
        return new Found(null, why.isEmpty() ? nothing : why.toString());
    }

    private List<Path> candidates(GuestRuntime runtime, String name) {
        Path only = configured.get(runtime);
        if (only != null) {
            return List.of(only);
        }
        List<Path> candidates = new ArrayList<>();
        candidates.add(Path.of("/usr/bin", name));
        for (String directory : searchPath.split(":", -1)) {
            if (directory.startsWith("/")) {
                candidates.add(Path.of(directory, name));
            }
        }
        return candidates;
    }

    /** Runs it: what is called python3 may be a script that starts another. */
    private static Found ask(GuestRuntime runtime, Path candidate) {
        List<String> question = runtime == GuestRuntime.PYTHON3
                ? List.of(
                        "-I",
                        "-c",
                        "import sys, os; print(os.path.realpath(sys.executable)); print(sys.base_prefix); "
                                + "print('%d.%d.%d' % sys.version_info[:3]); print(sys.version_info >= (3, 9))")
                : List.of(
                        "-p",
                        "const p = require('fs').realpathSync(process.execPath), v = process.versions.node; "
                                + "[p, require('path').dirname(require('path').dirname(p)), v, "
                                + "parseInt(v) >= 18 ? 'True' : 'False'].join('\\n')");
        List<String> command = new ArrayList<>();
        command.add(candidate.toString());
        command.addAll(question);
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(key -> key.startsWith("NODE_") || key.startsWith("PYTHON"));
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Found(null, candidate + " does not answer");
            }
            List<String> said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            if (process.exitValue() != 0 || said.size() != 4) {
                return new Found(null, candidate + " does not work");
            }
            if (!said.get(3).equals("True")) {
                return new Found(null, candidate + " is version " + said.get(2) + ", too old");
            }
            Path program = Path.of(said.get(0));
            boolean isSystem = SYSTEM.stream().anyMatch(program::startsWith);
            return new Found(
                    new Interpreter(
                            program, said.get(2), isSystem ? Optional.empty() : Optional.of(Path.of(said.get(1)))),
                    "");
        } catch (IOException e) {
            return new Found(null, candidate + " cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Found(null, candidate + " was not waited for");
        }
    }
}
