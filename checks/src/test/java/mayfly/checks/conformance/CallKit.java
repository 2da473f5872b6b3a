package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a well-behaved guest may rely on. */
interface CallKit {
    GuestBed bed();

    @ParameterizedTest
    @EnumSource
    default void jsonAndBytesOfEverySizeComeBack(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        TemplateSpec spec = GuestBed.spec(runtime, bed().code(runtime), GuestBed.handler(runtime, "echo"), true);
        var random = new SplittableRandom(1);
        try (Template template = bed().boot(spec);
                Machine machine = template.fork()) {
            for (int size : new int[] {0, 1, 1000, 65_527, 65_536, 1 << 20, 6 << 20, 3}) {
                byte[] payload = new byte[size];
                random.nextBytes(payload);
                Outcome outcome = bed().bytes(machine, payload, false);
                assertThat(outcome).as("%d bytes", size).isInstanceOf(Outcome.Success.class);
                assertThat(((Outcome.Success) outcome).output()).isEqualTo(payload);
                assertThat(((Outcome.Success) outcome).json()).isFalse();
            }
            byte[] json = "{\"text\":\"\u00e4\u20ac\",\"list\":[1,2.5,null,true]}".getBytes(StandardCharsets.UTF_8);
            Outcome outcome = bed().bytes(machine, json, true);
            assertThat(outcome).isInstanceOf(Outcome.Success.class);
            assertThat(((Outcome.Success) outcome).output()).isEqualTo(json);
            assertThat(((Outcome.Success) outcome).json()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    default void whatTheHandlerRaisesComesWithTypeMessageAndPlace(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime);
                Machine machine = template.fork()) {
            Outcome outcome =
                    bed().call(machine, "fail", "\"text\":\"no such thing\"", GuestBed.PATIENCE, LogSink.NONE);
            assertThat(outcome).isInstanceOf(Outcome.HandlerError.class);
            GuestError error = ((Outcome.HandlerError) outcome).error();
            assertThat(error.message()).isEqualTo("no such thing");
            switch (runtime) {
                case PYTHON3 -> assertPlace(error, "ValueError", "guest.py");
                case NODE -> assertPlace(error, "RangeError", "guest.js");
                case NATIVE -> assertThat(error.type()).isEqualTo("Refused");
            }
        }
    }

    private static void assertPlace(GuestError error, String type, String file) throws Exception {
        List<String> lines = GuestBed.resource(file).lines().toList();
        int line = 0;
        while (!lines.get(line++).contains("raises here")) {
            assertThat(line).isLessThan(lines.size());
        }
        assertThat(error.type()).isEqualTo(type);
        assertThat(error.file()).isEqualTo(file);
        assertThat(error.line()).isEqualTo(line);
        assertThat(error.stack()).contains(type, "no such thing", file);
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON3", "NODE"})
    default void aSyntaxErrorIsReportedAtBootWithItsLine(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        var code = bed().directory(
                        "broken",
                        Map.of("app.py", "a = 1\n\ndef f(e) return\n", "app.js", "let a = 1;\n\nlet = = 2;\n"));
        GuestError error = refused(GuestBed.spec(runtime, code, "app.f", false));
        assertThat(error.type()).isEqualTo("SyntaxError");
        assertThat(error.message()).isNotBlank();
        assertThat(error.file()).isEqualTo(runtime == GuestRuntime.PYTHON3 ? "app.py" : "app.js");
        assertThat(error.line()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    default void aMissingHandlerSaysWhatWasLookedFor(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        var code =
                bed().directory("other", Map.of("other.py", "def f(e): pass\n", "other.js", "exports.f = () => 1;\n"));
        GuestError module = refused(GuestBed.spec(runtime, code, "app.f", false));
        assertThat(module.type()).isEqualTo("HandlerMissing");
        if (runtime == GuestRuntime.NATIVE) {
            assertThat(module.message()).contains("program");
            return;
        }
        assertThat(module.message()).contains("app.", "other.");
        GuestError function = refused(GuestBed.spec(runtime, code, "other.nothing", false));
        assertThat(function.type()).isEqualTo("HandlerMissing");
        assertThat(function.message()).contains("nothing", "f");
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON3", "NODE"})
    default void codeThatNeverLoadsOrDiesLoadingIsRefused(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        var code = bed().directory(
                        "bad",
                        Map.of(
                                "spin.py", "while True: pass\n",
                                "spin.js", "for (;;);\n",
                                "die.py", "import os\nos._exit(9)\n",
                                "die.js", "process.reallyExit(9);\n"));
        TemplateSpec spec = GuestBed.spec(runtime, code, "spin.f", false);
        var hurried = new TemplateSpec(
                spec.name(),
                runtime,
                spec.handler(),
                code,
                spec.env(),
                spec.memoryBytes(),
                spec.machinesMax(),
                false,
                Duration.ofSeconds(2));
        assertThat(refused(hurried).type()).isEqualTo("InitTimeout");
        GuestError died = refused(GuestBed.spec(runtime, code, "die.f", false));
        assertThat(died.type()).isEqualTo("InitCrashed");
        assertThat(died.message()).contains("status 9");
    }

    private GuestError refused(TemplateSpec spec) {
        return catchThrowableOfType(InitFailedException.class, () -> bed().boot(spec))
                .error();
    }

    /** Whether a machine can have more than one process. */
    boolean hasChildren();

    @ParameterizedTest
    @EnumSource
    default void outputOfEveryKindIsCaptured(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime);
                Machine machine = template.fork()) {
            var output = new GuestBed.Output();
            Outcome outcome = bed().call(machine, "log", "", GuestBed.PATIENCE, output);
            assertThat(outcome).isInstanceOf(Outcome.Success.class);
            assertThat(output.all()).contains("to stdout\n", "to stderr\n");
            if (hasChildren()) {
                assertThat(output.all()).contains("from a child\n");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    default void freshMachinesRememberNothingAndServeOnce(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime)) {
            for (int i = 0; i < 3; i++) {
                try (Machine machine = template.fork()) {
                    assertThat(bed().answer(machine, "count")).isEqualTo("1");
                    assertThat(bed().call(machine, "count", GuestBed.PATIENCE)).isInstanceOf(Outcome.NotStarted.class);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    default void reusableMachinesKeepTheirStateAndShareNone(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().reusable(runtime);
                Machine one = template.fork();
                Machine other = template.fork()) {
            for (int i = 1; i <= 3; i++) {
                assertThat(bed().answer(one, "count")).isEqualTo("" + i);
            }
            assertThat(bed().answer(other, "count")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @EnumSource
    default void machinesAndTemplatesAnswerPingsUntilTheyAreClosed(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        Template template = bed().reusable(runtime);
        Machine machine = template.fork();
        assertThat(template.ping(10_000)).isTrue();
        assertThat(machine.ping(10_000)).isTrue();
        assertThat(bed().answer(machine, "count")).isEqualTo("1");
        assertThat(machine.ping(10_000)).isTrue();
        Machine other = template.fork();
        machine.close();
        machine.close();
        assertThat(machine.ping(10_000)).isFalse();
        assertThat(bed().call(machine, "count", GuestBed.PATIENCE)).isInstanceOf(Outcome.NotStarted.class);
        template.close();
        template.close();
        assertThat(template.ping(10_000)).isFalse();
        assertThat(bed().call(other, "count", GuestBed.PATIENCE)).isNotInstanceOf(Outcome.Success.class);
        other.close();
        assertThatThrownBy(template::fork).isInstanceOf(MachineException.class);
    }

    @ParameterizedTest
    @EnumSource
    default void machinesRunAtTheSameTime(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime)) {
            Map<Integer, String> answers = new ConcurrentHashMap<>();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                callers.add(Thread.startVirtualThread(() -> {
                    try {
                        for (int round = 0; round < 5; round++) {
                            answers.put(number, bed().freshAnswer(template, "echo", "\"number\":" + number));
                        }
                    } catch (MachineException e) {
                        answers.put(number, e.toString());
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(answers).hasSize(8);
            answers.forEach((number, answer) -> assertThat(answer).contains("\"number\":" + number));
        }
    }
}
