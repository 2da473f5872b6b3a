package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mayfly.machine.ConnectionListener;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineDriver;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;

/** Servers as they are installed, unmodified: a counter in their globals answers 1 on every connection. */
interface ServersKit {
    MachineDriver driver();

    Path site();

    private void serves(String expected, int warmup, List<String> command) throws Exception {
        try (Template template = booted(ServiceDriverKit.spec(site(), command, 0, warmup, false));
                ConnectionListener listener = Talk.listener()) {
            for (int round = 0; round < 3; round++) {
                assertThat(ConnectionKit.once(template, listener, "/"))
                        .contains("200 OK")
                        .endsWith(expected);
            }
        }
    }

    private Template booted(ServiceSpec spec) throws Exception {
        try {
            return driver().boot(spec);
        } catch (InitFailedException e) {
            throw new AssertionError(e.error().toString(), e); // with what it printed
        }
    }

    private List<String> command(String program, String script, String source, String... options) throws Exception {
        assumeTrue(Files.isExecutable(Path.of(program)), "skipped: " + program + " is not installed");
        Path file = Files.writeString(site().resolve(script), source);
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(options));
        command.add(file.toString());
        return command;
    }

    /** And with requests of ours before it is frozen. */
    private void counts(String program, String script, String source, String... options) throws Exception {
        List<String> command = command(program, script, source, options);
        serves("count 1", 0, command);
        serves("count 3", 2, command);
    }

    @Test
    default void pythonThreadingServerWithIpv6() throws Exception {
        counts("/usr/bin/python3", "threading_.py", """
                import http.server, socket
                count = 0
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        global count
                        count += 1
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(b"count %d" % count)
                class Server(http.server.ThreadingHTTPServer):
                    address_family = socket.AF_INET6
                Server(("::", 8000), Handler).serve_forever()
                """);
    }

    @Test
    default void pythonWsgiref() throws Exception {
        counts("/usr/bin/python3", "wsgi_.py", """
                from wsgiref.simple_server import make_server
                count = 0
                def app(environ, start_response):
                    global count
                    count += 1
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [b"count %d" % count]
                make_server("", 8000, app).serve_forever()
                """);
    }

    @Test
    default void pythonAsyncio() throws Exception {
        String source = """
                import asyncio
                count = 0
                async def serve(reader, writer):
                    global count
                    while (await reader.readline()).strip():
                        pass
                    await asyncio.sleep(0)  # asks for its loop, which it had before the fork
                    await asyncio.wait_for(asyncio.create_task(asyncio.sleep(0.001)), 1)
                    THREAD
                    count += 1
                    writer.write(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\ncount %d" % count)
                    await writer.drain()
                    writer.close()
                async def main():
                    server = await asyncio.start_server(serve, None, 8000)
                    await server.serve_forever()
                asyncio.run(main())
                """;
        counts("/usr/bin/python3", "asyncio_.py", source.replace("THREAD", "pass"));
        String threads = source.replace("THREAD", "await asyncio.to_thread(sum, [1, 2])");
        serves("count 1", 0, command("/usr/bin/python3", "asyncio_threads.py", threads));
    }

    @Test
    default void pythonFlask() throws Exception {
        Path flask = Path.of("/usr/lib/python3/dist-packages/flask");
        assumeTrue(Files.isDirectory(flask), "skipped: python3-flask is not installed");
        counts("/usr/bin/python3", "flask_.py", """
                import flask
                app = flask.Flask(__name__)
                count = 0
                @app.route("/")
                def index():
                    global count
                    count += 1
                    return "count %d" % count
                app.run("0.0.0.0", 8000)
                """);
    }

    private void drawsItsOwn(String program, String script, String source) throws Exception {
        List<String> command = command(program, script, source);
        try (Template template = booted(ServiceDriverKit.spec(site(), command, 0, 2, false));
                ConnectionListener listener = Talk.listener()) {
            Set<String> drawn = new HashSet<>();
            for (int round = 0; round < 6; round++) {
                String answer = ConnectionKit.once(template, listener, "/");
                assertThat(answer).contains("drawn 0.");
                drawn.add(answer.substring(answer.indexOf("drawn")));
            }
            assertThat(drawn).hasSize(6);
        }
    }

    @Test
    default void nodeDrawsOtherNumbersInEachConnection() throws Exception {
        drawsItsOwn("/usr/bin/node", "app.js", """
                Math.random();
                require('http').createServer((_, response) => response.end('drawn ' + Math.random())).listen(8000);
                """);
    }

    @Test
    default void asyncioDrawsOtherNumbersInEachConnection() throws Exception {
        drawsItsOwn("/usr/bin/python3", "app.py", """
                import asyncio, os, random
                assert "PYTHONPATH" not in os.environ
                random.random()
                async def serve(reader, writer):
                    await reader.readuntil(b"\\r\\n\\r\\n")
                    writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\ndrawn %r" % random.uniform(0.1, 0.9))
                    await writer.drain()
                    writer.close()
                async def main():
                    await (await asyncio.start_server(serve, "0.0.0.0", 8000)).serve_forever()
                asyncio.run(main())
                """);
    }

    @Test
    default void nodeHttp() throws Exception {
        counts("/usr/bin/node", "app.js", """
                let count = 0;
                require('http').createServer((request, response) => {
                    count++;
                    require('fs').readFile(__filename, () => require('crypto').pbkdf2('a', 'b', 10, 10, 'sha1', () => setTimeout(() =>
                        response.end('count ' + count), 1)));
                }).listen(8000);
                """);
    }

    @Test
    default void perlSocket() throws Exception {
        counts("/usr/bin/perl", "app.pl", """
                use IO::Socket::INET;
                my $count = 0;
                my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) or die "listen: $!";
                while (my $client = $server->accept()) {
                    while (<$client>) { last if /^\\r?\\n$/; }
                    $count++;
                    print $client "HTTP/1.1 200 OK\\r\\n\\r\\ncount $count";
                    close $client;
                }
                """);
    }

    @Test
    default void rubyTcpServer() throws Exception {
        counts("/usr/bin/ruby", "app.rb", """
                require 'socket'
                count = 0
                server = TCPServer.new(8000)
                loop do
                  client = server.accept
                  while (line = client.gets) && line !~ /^\\r?\\n$/ do end
                  count += 1
                  client.write "HTTP/1.1 200 OK\\r\\n\\r\\ncount #{count}"
                  client.close
                end
                """);
    }

    /** Level or edge triggered, and accepting until there is nothing more to accept. */
    @Test
    default void epollInC() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "skipped: gcc is not installed");
        Path source = Files.writeString(site().resolve("epoll.c"), """
                #define _GNU_SOURCE
                #include <errno.h>
                #include <netinet/in.h>
                #include <stdio.h>
                #include <string.h>
                #include <sys/epoll.h>
                #include <sys/socket.h>
                #include <unistd.h>
                int main(int argc, char **argv) {
                    int edge = argc > 1 ? EPOLLET : 0, count = 0, one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), e = epoll_create1(0);
                    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(8000)};
                    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
                    if (bind(l, (void *)&a, sizeof a) || listen(l, 9)) return perror("listen"), 1;
                    struct epoll_event v = {.events = EPOLLIN | edge, .data.fd = l};
                    epoll_ctl(e, EPOLL_CTL_ADD, l, &v);
                    for (;;) {
                        struct epoll_event got[8];
                        int n = epoll_wait(e, got, 8, -1);
                        for (int i = 0; i < n; i++) {
                            int fd = got[i].data.fd, c;
                            if (fd == l) {
                                while ((c = accept4(l, 0, 0, SOCK_NONBLOCK)) >= 0) {
                                    v = (struct epoll_event){.events = EPOLLIN | edge, .data.fd = c};
                                    epoll_ctl(e, EPOLL_CTL_ADD, c, &v);
                                }
                                if (errno != EAGAIN) return perror("accept"), 1;
                                continue;
                            }
                            char b[4096];
                            if (read(fd, b, sizeof b) > 0) dprintf(fd, "HTTP/1.1 200 OK\\r\\n\\r\\ncount %d", ++count);
                            close(fd);
                        }
                    }
                }
                """);
        Path program = site().resolve("epoll");
        Process gcc = new ProcessBuilder("/usr/bin/gcc", "-O1", "-o", program.toString(), source.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(said).isZero();
        serves("count 1", 0, List.of(program.toString()));
        serves("count 1", 0, List.of(program.toString(), "edge"));
        serves("count 3", 2, List.of(program.toString(), "edge"));
    }

    private void servesAPage(String program, String name, String configuration, String... options) throws Exception {
        Files.writeString(site().resolve("index.html"), "a page");
        serves("a page", 0, command(program, name, configuration.replace("DIRECTORY", site().toString()), options));
    }

    @Test
    default void lighttpd() throws Exception {
        servesAPage("/usr/sbin/lighttpd", "lighttpd.conf", """
                server.port = 8000
                server.document-root = "DIRECTORY"
                index-file.names = ( "index.html" )
                mimetype.assign = ( ".html" => "text/html" )
                """, "-D", "-f");
    }

    @Test
    default void nginxAsOneProcess() throws Exception {
        servesAPage("/usr/sbin/nginx", "nginx.conf", """
                daemon off;
                master_process off;
                pid /tmp/nginx.pid;
                error_log stderr;
                events { }
                http {
                    access_log off;
                    client_body_temp_path /tmp/body;
                    proxy_temp_path /tmp/proxy;
                    fastcgi_temp_path /tmp/fastcgi;
                    uwsgi_temp_path /tmp/uwsgi;
                    scgi_temp_path /tmp/scgi;
                    server { listen 8000; root DIRECTORY; }
                }
                """, "-p", "/tmp", "-c");
    }
}
