package mayfly.checks.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** What may be used only in its own room, and what core may not use at all. */
final class Rooms {
    private final House house;
    private final String core;

    Rooms(House house) {
        this.house = house;
        core = house.packagesOf("core");
    }

    ArchRule nettyOnlyInHttp() {
        return noClasses()
                .that(resideOutsideOfPackage(house.packagesOf("http")))
                .should()
                .dependOnClassesThat(resideInAPackage("io.netty.."))
                .as("only mayfly.http knows Netty")
                .allowEmptyShould(true);
    }

    ArchRule nativeCodeOnlyInLinux() {
        return noClasses()
                .that(resideOutsideOfPackage(house.packagesOf("linux")))
                .should()
                .dependOnClassesThat(resideInAPackage("java.lang.foreign.."))
                .as("only mayfly.linux calls native code")
                .allowEmptyShould(true);
    }

    ArchRule sqlOnlyInStore() {
        return noClasses()
                .that(resideOutsideOfPackage(house.packagesOf("store")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..", "org.postgresql..")
                .as("only mayfly.store knows JDBC")
                .allowEmptyShould(true);
    }

    /** Core decides; it never acts, waits, or looks at a clock. */
    List<ArchRule> coreIsPure() {
        return List.of(
                noClasses()
                        .that(resideInAPackage(core))
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "java.io..",
                                "java.nio..",
                                "java.net..",
                                "java.lang.foreign..",
                                "java.util.concurrent..",
                                "java.sql..")
                        .as("core does no I/O and knows no threads and locks"),
                coreNeverCalls(Thread.class),
                coreNeverCalls(ThreadLocalRandom.class),
                coreNeverCalls(java.time.Clock.class),
                coreNeverCalls(mayfly.base.Clock.class),
                coreNeverCalls(System.class, "nanoTime", "currentTimeMillis", "getenv", "getProperty"),
                coreNeverCalls(Instant.class, "now"),
                coreNeverCalls(UUID.class, "randomUUID"),
                coreNeverCalls(Math.class, "random"),
                coreNeverCalls(Object.class, "wait", "notify", "notifyAll"),
                methods()
                        .that()
                        .areDeclaredInClassesThat(resideInAPackage(core))
                        .should()
                        .notHaveModifier(JavaModifier.SYNCHRONIZED)
                        .as("core has no locks")
                        .allowEmptyShould(true));
    }

    private ArchRule coreNeverCalls(Class<?> owner) {
        return noClasses()
                .that(resideInAPackage(core))
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(owner)
                .as("core does not use " + owner.getName());
    }

    private ArchRule coreNeverCalls(Class<?> owner, String... methods) {
        var calls = Calls.of(owner, methods);
        return noClasses()
                .that(resideInAPackage(core))
                .should()
                .callMethodWhere(calls)
                .as("core does not call " + calls.getDescription());
    }

    /** A lifecycle may use another's words, never its decisions. */
    ArchRule lifecyclesDoNotStepEachOther() {
        return noClasses()
                .that(resideInAPackage(core))
                .should()
                .callMethodWhere(Calls.stepOfAnotherLifecycle())
                .as("a lifecycle of core does not step another");
    }
}
