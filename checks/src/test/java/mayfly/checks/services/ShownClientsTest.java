package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mayfly.node.ServiceShell;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What curl and wrk make of an unmodified Go server that keeps connections. */
class ShownClientsTest {
    private static final String GO = """
            package main

            import (
                "crypto/sha256"
                "fmt"
                "io"
                "net/http"
            )

            var count int

            func main() {
                http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
                    count++
                    sum := sha256.New()
                    n, err := io.Copy(sum, r.Body)
                    if err != nil || n == 0 {
                        fmt.Fprintf(w, "count %d;", count)
                        return
                    }
                    fmt.Fprintf(w, "count %d, %d bytes, %v, %x;", count, n, r.TransferEncoding, sum.Sum(nil))
                })
                panic(http.ListenAndServe(":8000", nil))
            }
            """;

    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in");

    @TempDir
    Path directory;

    private ServiceBed bed;
    private ServiceShell service;

    @BeforeEach
    void serve() throws Exception {
        bed = new ServiceBed(directory);
        Shown.needs("/usr/bin/go", "golang-go");
        Path source = Files.writeString(directory.resolve("main.go"), GO);
        Shown.run(List.of(
                "/usr/bin/env",
                "CGO_ENABLED=0",
                "GO111MODULE=off",
                "GOCACHE=" + directory.resolve("cache"),
                "/usr/bin/go",
                "build",
                "-o",
                directory.resolve("server").toString(),
                source.toString()));
        service = bed.serve("./server");
    }

    @AfterEach
    void close() {
        if (service != null) {
            service.close();
        }
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void curlKeepsItsConnectionAndWithItTheMachine() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(Shown.curl(service, 2)).isEqualTo("count 1;count 2;");
        }
        assertThat(Shown.curl(service, 2, "--http1.0")).as("a connection each").isEqualTo("count 1;count 1;");
        assertThat(Shown.curl(service, 2, "-H", "Connection: close")).isEqualTo("count 1;count 1;");
        await().until(() -> service.stats().served() == 7);
    }

    @Test
    void curlSendsTenMegabytesInOnePieceAndInChunks() throws Exception {
        byte[] bytes = new byte[10_000_000];
        new Random(1).nextBytes(bytes);
        Path file = Files.write(directory.resolve("upload"), bytes);
        String sum = Shown.run(List.of("/usr/bin/sha256sum", file.toString())).split(" ", -1)[0];
        assertThat(Shown.curl(service, 1, "-T", file.toString()))
                .isEqualTo("count 1, 10000000 bytes, [], " + sum + ";");
        assertThat(Shown.curl(service, 1, "-T", file.toString(), "-H", "Transfer-Encoding: chunked"))
                .isEqualTo("count 1, 10000000 bytes, [chunked], " + sum + ";");
        await().until(() -> service.stats().served() == 2);
        assertThat(service.stats().received()).isGreaterThan(20_000_000);
    }

    @Test
    void wrkFindsEveryRequestServed() throws Exception {
        Shown.needs("/usr/bin/wrk", "wrk");
        long kept = wrk();
        assertThat(service.stats().accepted()).as("a connection each").isBetween(4L, 8L);
        long closed = wrk("-H", "Connection: close");
        await().until(() -> service.stats().active() == 0 && service.stats().waiting() == 0);
        System.out.println("wrk: " + kept + " requests on kept connections, " + closed + " on one each");
        assertThat(service.stats().accepted()).isGreaterThanOrEqualTo(closed);
        assertThat(service.stats().served()).isEqualTo(service.stats().accepted());
    }

    private long wrk(String... options) throws Exception {
        List<String> command =
                new java.util.ArrayList<>(List.of("/usr/bin/wrk", "-t1", "-c4", "-d2s", "--timeout", "30s"));
        command.addAll(List.of(options));
        command.add(Shown.url(service));
        String said = Shown.run(command);
        assertThat(said).doesNotContain("Socket errors").doesNotContain("Non-2xx");
        Matcher requests = REQUESTS.matcher(said);
        assertThat(requests.find()).as(said).isTrue();
        long count = Long.parseLong(requests.group(1));
        assertThat(count).as(said).isPositive();
        return count;
    }
}
