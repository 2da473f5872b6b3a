package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers as they are installed, unmodified: a counter in their globals answers 1 on every connection. */
class InstalledServersTest {
    @TempDir
    Path directory;

    private void countsToOne(String program, String script, String source, String... options) throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of(program)), "skipped: " + program + " is not installed");
        Path file = Files.writeString(directory.resolve(script), source);
        List<String> command = new java.util.ArrayList<>(List.of(program));
        command.addAll(List.of(options));
        command.add(file.toString());
        for (String answer : new ServerBed().serve(directory, command, 256 << 20, 3, ServerBed::get)) {
            assertThat(answer).contains("200 OK").endsWith("count 1");
        }
    }

    @Test
    void gunicornWithOneWorker() throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gunicorn")), "skipped: gunicorn is not installed");
        Files.writeString(directory.resolve("app.py"), """
                import os, ssl
                count = 0
                def app(environ, start_response):
                    global count
                    count += 1
                    start_response("200 OK", [("Content-Length", "7"), ("Random", ssl.RAND_bytes(8).hex())])
                    return [b"count %d" % count]
                """);
        List<String> command = List.of(
                "/usr/bin/gunicorn",
                "-w1",
                "-t1", // its worker has to show life once a second, of which the later rounds are far away
                "-b127.0.0.1:8000",
                "--chdir",
                directory.toString(),
                "app:app");
        List<String> answers = new ServerBed().serve(directory, command, 256 << 20, 20, ServerBed::get);
        for (String answer : answers) {
            assertThat(answer).contains("200 OK").endsWith("count 1");
        }
        assertThat(answers.stream().map(answer -> answer.replaceAll("(?s).*Random: (\\w+).*", "$1")))
                .as("random numbers of the worker")
                .doesNotHaveDuplicates();
    }

    @Test
    void pythonHttpServer() throws Exception {
        countsToOne("/usr/bin/python3", "app.py", """
                import http.server
                count = 0
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        global count
                        count += 1
                        body = b"count %d" % count
                        self.send_response(200)
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)
                    def log_message(self, *args):
                        pass
                http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
                """);
    }

    @Test
    void pythonThreadingServerWithIpv6() throws Exception {
        countsToOne("/usr/bin/python3", "app.py", """
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
    void pythonWsgiref() throws Exception {
        countsToOne("/usr/bin/python3", "app.py", """
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
    void pythonAsyncio() throws Exception {
        countsToOne("/usr/bin/python3", "app.py", """
                import asyncio
                count = 0
                async def serve(reader, writer):
                    global count
                    while (await reader.readline()).strip():
                        pass
                    await asyncio.sleep(0)  # asks for its loop, which it had before the fork
                    await asyncio.wait_for(asyncio.create_task(asyncio.sleep(0.001)), 1)
                    count += 1
                    writer.write(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\ncount %d" % count)
                    await writer.drain()
                    writer.close()
                async def main():
                    server = await asyncio.start_server(serve, None, 8000)
                    await server.serve_forever()
                asyncio.run(main())
                """);
    }

    @Test
    void nodeHttp() throws Exception {
        countsToOne("/usr/bin/node", "app.js", """
                let count = 0;
                require('http').createServer((request, response) => {
                    count++;
                    response.end('count ' + count);
                }).listen(8000);
                """, "--single-threaded", "--no-opt");
    }

    @Test
    void nodeHttpWithAllItsThreads() throws Exception {
        countsToOne("/usr/bin/node", "app.js", """
                let count = 0;
                require('http').createServer((request, response) => {
                    count++;
                    response.end('count ' + count);
                }).listen(8000, '127.0.0.1');
                """);
    }

    @Test
    void perlSocket() throws Exception {
        countsToOne("/usr/bin/perl", "app.pl", """
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
    void rubyTcpServer() throws Exception {
        countsToOne("/usr/bin/ruby", "app.rb", """
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

    @Test
    void goNetHttp() throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/go")), "skipped: go is not installed");
        Path source = Files.writeString(directory.resolve("main.go"), """
                package main
                import ("fmt"; "net/http")
                var count int
                func main() {
                    http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { count++; fmt.Fprintf(w, "count %d", count) })
                    panic(http.ListenAndServe(":8000", nil))
                }
                """);
        Path binary = directory.resolve("server");
        ProcessBuilder build = new ProcessBuilder("go", "build", "-o", binary.toString(), source.toString());
        build.environment()
                .putAll(java.util.Map.of("CGO_ENABLED", "0", "GOCACHE", directory + "/cache", "GO111MODULE", "off"));
        Process go = build.redirectErrorStream(true).start();
        String said = new String(go.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(go.waitFor()).as(said).isZero();
        for (String answer :
                new ServerBed().serve(directory, List.of(binary.toString()), 128 << 20, 3, ServerBed::get)) {
            assertThat(answer).contains("200 OK").endsWith("count 1");
        }
    }

    private void servesAPage(String program, String configuration, String... options) throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of(program)), "skipped: " + program + " is not installed");
        Files.writeString(directory.resolve("index.html"), "a page");
        Path file = Files.writeString(
                directory.resolve("server.conf"), configuration.replace("DIRECTORY", directory.toString()));
        List<String> command = new java.util.ArrayList<>(List.of(program));
        command.addAll(List.of(options));
        command.add(file.toString());
        for (String answer : new ServerBed().serve(directory, command, 64 << 20, 3, ServerBed::get)) {
            assertThat(answer).contains("200 OK").endsWith("a page");
        }
    }

    @Test
    void lighttpd() throws Exception {
        servesAPage("/usr/sbin/lighttpd", """
                server.port = 8000
                server.document-root = "DIRECTORY"
                index-file.names = ( "index.html" )
                mimetype.assign = ( ".html" => "text/html" )
                """, "-D", "-f");
    }

    @Test
    void nginxAsOneProcess() throws Exception {
        servesAPage("/usr/sbin/nginx", """
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
