package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mayfly.machine.Machine;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.Served.End;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shared services: one machine, all connections. */
class SharedServiceTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Passes on to everybody what one says; ticks by itself; and does as it is told. */
    private static final String CHAT = """
            import asyncio, os, threading
            everybody = set()
            ticks = 0
            async def tick():
                global ticks
                while True:
                    await asyncio.sleep(0.01)
                    ticks += 1
            async def serve(reader, writer):
                everybody.add(writer)
                writer.write(b"%d here\\n" % len(everybody))
                try:
                    while line := await reader.readline():
                        if line == b"ticks\\n":
                            writer.write(b"%d\\n" % ticks)
                        elif line == b"die\\n":
                            os._exit(7)
                        elif line == b"spin\\n":
                            while True: pass
                        elif line == b"bye\\n":
                            break
                        else:
                            for each in everybody:
                                each.write(line)
                finally:
                    everybody.discard(writer)
                    writer.close()
            async def main():
                asyncio.get_running_loop().create_task(tick())
                server = await asyncio.start_server(serve, None, 8000)
                await server.serve_forever()
            asyncio.run(main())
            """;

    @TempDir
    Path directory;

    private ServiceSpec spec(int places, String... program) {
        return new ServiceSpec(
                "shared@1",
                List.of(program),
                Map.of(),
                directory.toString(),
                Reach.readOnly(directory),
                true,
                0,
                0,
                256 << 20,
                places,
                Duration.ofSeconds(20));
    }

    private ServiceSpec chat(int places) throws IOException {
        Files.writeString(directory.resolve("chat.py"), CHAT);
        return spec(places, "/usr/bin/python3", "chat.py");
    }

    /** A client that speaks in lines. */
    private record Talker(Socket socket, BufferedReader lines) implements AutoCloseable {
        static Talker to(ServedTemplate served) throws IOException {
            Socket socket = served.connect();
            return new Talker(
                    socket, new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)));
        }

        void say(String line) throws IOException {
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void connectionsMeetInOneMachineWhichGoesOnWithoutThem() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(chat(8));
                ServedTemplate served = new ServedTemplate(template, LIMIT)) {
            try (Talker one = Talker.to(served)) {
                assertThat(one.lines().readLine()).isEqualTo("1 here");
                try (Talker two = Talker.to(served)) {
                    assertThat(two.lines().readLine()).isEqualTo("2 here");
                    one.say("hello");
                    assertThat(two.lines().readLine()).isEqualTo("hello");
                    assertThat(one.lines().readLine()).isEqualTo("hello");
                    two.say("bye");
                    assertThat(two.lines().readLine()).isNull();
                }
                await().untilAsserted(() -> assertThat(served.ends()).hasSize(1));
                assertThat(served.ends().getFirst()).isEqualTo(new Served(End.CLOSED, "", 4, 13));
                one.say("bye");
                assertThat(one.lines().readLine()).isNull();
            }
            await().untilAsserted(() -> assertThat(served.ends()).hasSize(2));
            int before = ticks(served);
            long begun = System.nanoTime();
            long used = cpuNanos("vm-shared@1-1");
            await().untilAsserted(
                            () -> assertThat(ticks(served)).as(served::printed).isGreaterThan(before + 50));
            assertThat(cpuNanos("vm-shared@1-1") - used)
                    .as("CPU time of a machine that mostly waits")
                    .isLessThan((System.nanoTime() - begun) * 2 / 3);
        }
    }

    /** Of the thread whose name begins so. */
    private static long cpuNanos(String name) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                if (Files.readString(task.resolve("comm")).startsWith(name)) {
                    return Long.parseLong(
                            Files.readString(task.resolve("schedstat")).split(" ", -1)[0]);
                }
            }
        }
        throw new AssertionError("there is no thread " + name);
    }

    private static int ticks(ServedTemplate served) throws IOException {
        try (Talker talker = Talker.to(served)) {
            assertThat(talker.lines().readLine()).isEqualTo("1 here");
            talker.say("ticks");
            int ticks = Integer.parseInt(talker.lines().readLine());
            talker.say("bye");
            assertThat(talker.lines().readLine()).isNull();
            return ticks;
        }
    }

    @Test
    void itsEndEndsEveryConnectionAndTheNextFindsTheTemplate() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(chat(8));
                ServedTemplate served = new ServedTemplate(template, LIMIT);
                Talker one = Talker.to(served);
                Talker two = Talker.to(served)) {
            String first;
            try (Machine place = template.fork();
                    Machine another = template.fork()) {
                first = place.id().value();
                assertThat(another.id().value()).isEqualTo(first);
            }
            assertThat(one.lines().readLine()).endsWith("here");
            assertThat(two.lines().readLine()).endsWith("here");
            one.say("die");
            assertThat(two.lines().readLine()).isNull();
            assertThat(one.lines().readLine()).isNull();
            await().untilAsserted(() -> assertThat(served.ends()).hasSize(2));
            assertThat(served.ends())
                    .allSatisfy(end -> assertThat(end.end()).isEqualTo(End.CRASHED))
                    .allSatisfy(end -> assertThat(end.detail()).contains("status 7"));
            try (Talker three = Talker.to(served)) {
                assertThat(three.lines().readLine()).isEqualTo("1 here");
            }
            try (Machine place = template.fork()) {
                assertThat(place.id().value()).isNotEqualTo(first);
            }
        }
    }

    @Test
    void whatIsCutOffIsOneConnectionOnly() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(chat(2));
                ServedTemplate patient = new ServedTemplate(template, LIMIT);
                ServedTemplate impatient = new ServedTemplate(template, Duration.ofMillis(200));
                Talker one = Talker.to(patient)) {
            assertThat(one.lines().readLine()).isEqualTo("1 here");
            try (Talker two = Talker.to(impatient)) {
                assertThat(two.lines().readLine()).isEqualTo("2 here");
                try (Talker three = Talker.to(patient)) {
                    assertThat(three.lines().readLine()).isNull(); // there are two places
                }
                assertThat(patient.ends().getFirst().end()).isEqualTo(End.NOT_STARTED);
                expectEnd(two);
            }
            await().untilAsserted(() -> assertThat(impatient.ends()).hasSize(1));
            assertThat(impatient.ends().getFirst().end()).isEqualTo(End.TIMED_OUT);
            try (Talker four = Talker.to(patient)) {
                assertThat(four.lines().readLine()).isEqualTo("2 here"); // the program has noticed
                one.say("still there");
                assertThat(four.lines().readLine()).isEqualTo("still there");
                assertThat(one.lines().readLine()).isEqualTo("still there");
                end(template);
                assertThat(four.lines().readLine()).isNull();
            }
            await().untilAsserted(() ->
                    assertThat(patient.ends()).extracting(Served::end).endsWith(End.CANCELLED, End.CANCELLED));
        }
    }

    private static void expectEnd(Talker talker) {
        assertThatThrownBy(() -> {
                    if (talker.lines().readLine() == null) {
                        throw new SocketException("ended");
                    }
                })
                .isInstanceOf(SocketException.class);
    }

    private static void end(Template template) {
        template.close();
    }

    @Test
    void aProgramThatSpinsIsEndedWithItsTemplate() throws Exception {
        Bed.needsKvm();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(chat(8));
                ServedTemplate served = new ServedTemplate(template, LIMIT);
                Talker one = Talker.to(served)) {
            assertThat(one.lines().readLine()).isEqualTo("1 here");
            one.say("spin");
            try (Socket waits = served.connect()) {
                end(template);
                assertThat(waits.getInputStream().read()).isEqualTo(-1);
            }
            expectEnd(one);
        }
    }

    @Test
    void redisKeepsItsDataOverConnections() throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")), "skipped: redis-server is not installed");
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template =
                        driver.boot(spec(100, "/usr/bin/redis-server", "--save", "", "--appendonly", "no"));
                ServedTemplate served = new ServedTemplate(template, LIMIT)) {
            assertThat(redis(served, "redis-cli", "set", "key", "value")).isEqualTo("OK\n");
            assertThat(redis(served, "redis-cli", "get", "key")).isEqualTo("value\n");
            assertThat(redis(served, "redis-cli", "incrby", "n", "41")).isEqualTo("41\n");
            assertThat(redis(served, "redis-cli", "incr", "n")).isEqualTo("42\n");
            String numbers = redis(served, "redis-benchmark", "-q", "-c", "50", "-n", "20000", "-t", "set,get,lpush");
            assertThat(numbers).contains("requests per second");
            assertThat(redis(served, "redis-cli", "llen", "mylist")).isEqualTo("20000\n");
            assertThat(served.ends()).hasSizeGreaterThan(50).allMatch(end -> end.end() == End.CLOSED);
        }
    }

    private static String redis(ServedTemplate served, String client, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("/usr/bin/" + client, "-p", String.valueOf(served.port)));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
