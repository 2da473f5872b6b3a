package mayfly.checks.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The house keeps its rules. */
class ArchitectureTest {
    private static final Rooms ROOMS = new Rooms(House.REAL);
    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("mayfly");

    @Test
    void theHouseIsSeen() {
        assertThat(HOUSE.contain("mayfly.core.pool.Pools")).isTrue();
        assertThat(HOUSE.contain("mayfly.base.Limits")).isTrue();
        assertThat(HOUSE.stream().map(type -> ModuleEdges.moduleOf(type.getPackageName())))
                .as("classes of no module of the table")
                .doesNotContain("");
    }

    @Test
    void modulesKeepTheEdges() {
        ModuleEdges.classesKeepTheEdges(House.REAL).check(HOUSE);
        List<ModuleDescriptor> modules = Repository.modules();
        assertThat(modules).extracting(ModuleDescriptor::name).contains("mayfly.core", "mayfly.base", "mayfly.checks");
        assertThat(modules).flatMap(ModuleEdges::wrongRequires).isEmpty();
    }

    @Test
    void coreIsPure() {
        ROOMS.coreIsPure().forEach(rule -> rule.check(HOUSE));
        ROOMS.lifecyclesDoNotStepEachOther().check(HOUSE);
    }

    @Test
    void dangerStaysInItsRoom() {
        for (ArchRule rule : List.of(ROOMS.nettyOnlyInHttp(), ROOMS.nativeCodeOnlyInLinux(), ROOMS.sqlOnlyInStore())) {
            rule.check(HOUSE);
        }
    }

    @Test
    void namesSaySomething() {
        Names.saySomething().check(HOUSE);
    }

    @Test
    void modulesHideTheirInsides() {
        assertThat(Repository.modules()).flatMap(Exports::faults).isEmpty();
    }

    @Test
    void filesStayShort() throws IOException {
        try (InputStream list = ArchitectureTest.class.getResourceAsStream("long-files.txt")) {
            List<String> lines = new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            assertThat(FileLengths.faults(FileLengths.of(Repository.root()), FileLengths.listed(lines)))
                    .isEmpty();
        }
    }
}
