package mayfly.checks.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every rule of the house says no to something that breaks it. */
class PlantedViolationsTest {
    private static final Rooms ROOMS = new Rooms(House.PLANTED);
    private static final JavaClasses PLANTED = new ClassFileImporter().importPackages("mayfly.checks.arch.planted");

    @Test
    void edges() {
        refuses(ModuleEdges.classesKeepTheEdges(House.PLANTED), "KnowsThePool");
        refuses(ModuleEdges.classesKeepTheEdges(House.PLANTED), "mayfly.machine.MachineDriver");
        assertThatThrownBy(() -> ModuleEdges.classesKeepTheEdges(House.PLANTED).check(PLANTED))
                .hasMessageNotContaining("type <mayfly.machine.GuestError>");
        ModuleDescriptor core = ModuleDescriptor.newModule("mayfly.core")
                .requires("mayfly.base")
                .requires("mayfly.store")
                .build();
        assertThat(ModuleEdges.wrongRequires(core)).containsExactly("mayfly.core requires mayfly.store");
        assertThat(ModuleEdges.wrongRequires(
                        ModuleDescriptor.newModule("mayfly.extras").build()))
                .containsExactly("mayfly.extras is not in the table of modules");
        assertThat(ModuleEdges.moduleOf("mayfly.machine.process.zygote")).isEqualTo("mayfly.machine.process");
    }

    @Test
    void purity() {
        List<String> noes = ROOMS.coreIsPure().stream()
                .map(rule -> rule.evaluate(PLANTED))
                .filter(result -> result.hasViolation())
                .map(result -> String.join("\n", result.getFailureReport().getDetails()))
                .toList();
        assertThat(String.join("\n", noes))
                .contains("nanoTime", "Instant.now", "randomUUID", "Math.random", "ReentrantLock", "Files.exists")
                .contains("Thread.currentThread", "has modifier SYNCHRONIZED");
        refuses(ROOMS.lifecyclesDoNotStepEachOther(), "StepsAnother.meddle");
    }

    @Test
    void rooms() {
        refuses(ROOMS.nettyOnlyInHttp(), "io.netty.buffer.ByteBuf");
        refuses(ROOMS.nativeCodeOnlyInLinux(), "java.lang.foreign.MemorySegment");
        refuses(ROOMS.sqlOnlyInStore(), "org.sqlite.SQLiteConfig");
    }

    @Test
    void names() {
        refuses(Names.saySomething(), "ThreadHelper");
    }

    @Test
    void exports() {
        ModuleDescriptor open = ModuleDescriptor.newModule("mayfly.store")
                .packages(Set.of("mayfly.store", "mayfly.store.sqlite"))
                .exports("mayfly.store")
                .exports("mayfly.store.sqlite")
                .opens("mayfly.store")
                .build();
        assertThat(Exports.faults(open)).hasSize(2);
    }

    @Test
    void fileLengths(@TempDir Path root) throws IOException {
        write(root, "a/Short.java", 400);
        write(root, "a/Long.java", 401);
        write(root, "a/monster.c", 601);
        write(root, "a/grown.py", 500);
        write(root, "a/target/Generated.java", 5_000);
        Map<String, FileLengths.Listed> listed =
                FileLengths.listed(List.of("# comment", "a/grown.py 450 a reason", "a/Short.java 450 was long"));
        assertThat(FileLengths.faults(FileLengths.of(root), listed))
                .hasSize(4)
                .anyMatch(fault -> fault.startsWith("a/Long.java has 401 lines"))
                .anyMatch(fault -> fault.startsWith("a/monster.c has 601 lines"))
                .anyMatch(fault -> fault.startsWith("a/grown.py grew to 500 lines"))
                .anyMatch(fault -> fault.startsWith("a/Short.java is not long any more"));
    }

    private static void write(Path root, String path, int lines) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "line\n".repeat(lines));
    }

    private static void refuses(ArchRule rule, String named) {
        assertThatThrownBy(() -> rule.check(PLANTED))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(named);
    }
}
