package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mayfly.base.Limits;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Machine;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a guest that misbehaves may do to itself, and to nobody else. */
interface HostileKit {
    GuestBed bed();

    @ParameterizedTest
    @CsvSource({
        "PYTHON3,spin", "PYTHON3,block", "PYTHON3,stubborn", "PYTHON3,bomb",
        "NODE,spin", "NODE,block", "NODE,stubborn", "NODE,bomb",
        "NATIVE,spin", "NATIVE,block", "NATIVE,stubborn", "NATIVE,bomb"
    })
    default void aTimeoutEndsThatMachineOnly(GuestRuntime runtime, String deed) throws Exception {
        bed().require(runtime);
        try (Template template = bed().reusable(runtime);
                Machine sibling = template.fork()) {
            assertThat(bed().answer(sibling, "count")).isEqualTo("1");
            try (Machine machine = template.fork()) {
                Outcome outcome = bed().call(machine, deed, Duration.ofMillis(700));
                assertThat(outcome).isInstanceOf(Outcome.TimedOut.class);
                assertThat(machine.ping(1_000)).isFalse();
                assertThat(bed().call(machine, "count", GuestBed.PATIENCE)).isInstanceOf(Outcome.NotStarted.class);
            }
            assertThat(bed().answer(sibling, "count")).as("a machine beside it").isEqualTo("2");
            assertThat(template.ping(10_000)).isTrue();
            assertThat(bed().freshAnswer(template, "count", ""))
                    .as("a machine after it")
                    .isEqualTo("1");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON3", "NATIVE"}) // Node needs ten threads to start, and a bomb leaves none
    default void machinesStartWhileAnotherIsAForkBomb(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().reusable(runtime);
                Machine machine = template.fork()) {
            Thread bomb = Thread.startVirtualThread(() -> {
                Outcome outcome = bed().call(machine, "bomb", Duration.ofSeconds(2));
                assertThat(outcome).isInstanceOf(Outcome.TimedOut.class);
            });
            while (bomb.isAlive()) {
                assertThat(bed().freshAnswer(template, "count", "")).isEqualTo("1");
            }
            bomb.join();
        }
    }

    @ParameterizedTest
    @EnumSource
    default void theMemoryLimitIsAnErrorOfThatCall(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().reusable(runtime);
                Machine sibling = template.fork()) {
            assertThat(bed().answer(sibling, "count")).isEqualTo("1");
            try (Machine machine = template.fork()) {
                Outcome outcome = bed().call(machine, "hog", GuestBed.PATIENCE);
                if (runtime == GuestRuntime.PYTHON3) {
                    assertThat(outcome).isInstanceOf(Outcome.HandlerError.class);
                    assertThat(((Outcome.HandlerError) outcome).error().type()).isEqualTo("MemoryError");
                } else {
                    assertThat(outcome).isInstanceOf(Outcome.Crashed.class);
                    assertThat(((Outcome.Crashed) outcome).reason()).contains("signal");
                }
            }
            assertThat(bed().answer(sibling, "count")).isEqualTo("2");
            assertThat(bed().freshAnswer(template, "count", "")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PYTHON3,print",
        "PYTHON3,descriptor1",
        "NODE,print",
        "NODE,descriptor1",
        "NATIVE,print",
        "NATIVE,descriptor1"
    })
    default void gigabytesOfLogAreCut(GuestRuntime runtime, String deed) throws Exception {
        bed().require(runtime);
        try (Template template = bed().reusable(runtime);
                Machine machine = template.fork()) {
            var output = new GuestBed.Output();
            Outcome outcome = bed().call(machine, deed, "\"mb\":2048", GuestBed.PATIENCE, output);
            assertThat(outcome).isInstanceOf(Outcome.Success.class);
            assertThat(output.all())
                    .hasSizeBetween(Limits.INVOCATION_LOG_BYTES_MAX / 2, Limits.INVOCATION_LOG_BYTES_MAX + 20_000);
            assertThat(output.all()).contains("[mayfly: ");
            assertThat(bed().answer(machine, "count")).isEqualTo("1");
            var quiet = new GuestBed.Output();
            assertThat(bed().call(machine, "log", "", GuestBed.PATIENCE, quiet)).isInstanceOf(Outcome.Success.class);
            assertThat(quiet.all()).hasSizeLessThan(200).contains("to stdout");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PYTHON3,close,status", "PYTHON3,garbage,protocol", "PYTHON3,exit,status 7", "PYTHON3,abort,signal",
        "NODE,close,status", "NODE,garbage,protocol", "NODE,exit,status 7", "NODE,abort,signal",
        "NATIVE,close,status", "NATIVE,garbage,protocol", "NATIVE,exit,status 7", "NATIVE,abort,signal"
    })
    default void aBrokenMachineIsCalledCrashedAndSaysHow(GuestRuntime runtime, String deed, String how)
            throws Exception {
        bed().require(runtime);
        for (boolean reusable : new boolean[] {false, true}) {
            try (Template template = reusable ? bed().reusable(runtime) : bed().fresh(runtime)) {
                try (Machine machine = template.fork()) {
                    Outcome outcome = bed().call(machine, deed, GuestBed.PATIENCE);
                    assertThat(outcome).isInstanceOf(Outcome.Crashed.class);
                    assertThat(((Outcome.Crashed) outcome).reason()).contains(how);
                    assertThat(bed().call(machine, "count", GuestBed.PATIENCE)).isInstanceOf(Outcome.NotStarted.class);
                }
                assertThat(bed().freshAnswer(template, "count", "")).isEqualTo("1");
            }
        }
    }
}
