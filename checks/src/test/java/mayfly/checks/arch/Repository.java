package mayfly.checks.arch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The source tree that the tests were started in. */
final class Repository {
    private Repository() {}

    static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.isRegularFile(directory.resolve("checks/pom.xml"))) {
            directory = directory.getParent();
            if (directory == null) {
                throw new IllegalStateException(
                        "not started inside the source tree: " + Path.of("").toAbsolutePath());
            }
        }
        return directory;
    }

    /** Every module's compiled descriptor. */
    static List<ModuleDescriptor> modules() {
        List<ModuleDescriptor> modules = new ArrayList<>();
        try (Stream<Path> folders = Files.list(root())) {
            for (Path folder : folders.toList()) {
                Path compiled = folder.resolve("target/classes/module-info.class");
                if (Files.isRegularFile(compiled)) {
                    try (InputStream in = Files.newInputStream(compiled)) {
                        modules.add(ModuleDescriptor.read(in));
                    }
                }
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return modules;
    }
}
