package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import mayfly.node.ServiceShell;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Servers as they are installed, unmodified, through a node's services: a counter in a program's globals answers 1 on
 * every new connection. InstalledServersTest in machine-kvm has others.
 */
class ShownServersTest {
    private static final String WSGI = """
            count = 0
            def app(environ, start_response):
                global count
                count += 1
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [b"count %d;" % count]
            """;
    private static final String FLASK = """
            from flask import Flask
            app = Flask(__name__)
            count = 0
            @app.get("/")
            def index():
                global count
                count += 1
                return f"count {count};"
            if __name__ == "__main__":
                app.run(port=8000)
            """;

    @TempDir
    Path directory;

    private ServiceBed bed;

    @BeforeEach
    void open() throws Exception {
        bed = new ServiceBed(directory);
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    private void write(String file, String text) throws Exception {
        Files.writeString(directory.resolve(file), text);
    }

    /** Three clients, each with a connection; and nothing crashed. */
    private static void countsToOne(ServiceShell service) throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(Shown.curl(service, 1)).as(service.logs()).isEqualTo("count 1;");
        }
        await().until(() -> service.stats().served() == 3);
        assertThat(service.stats().accepted()).isEqualTo(3);
    }

    @Test
    void uvicorn() throws Exception {
        Shown.needs("/usr/bin/uvicorn", "uvicorn");
        write("app.py", """
                import asyncio
                count = 0
                async def app(scope, receive, send):
                    global count
                    if scope["type"] != "http":
                        return
                    count += 1
                    await asyncio.sleep(0.001)
                    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
                    await send({"type": "http.response.body", "body": b"count %d;" % count})
                """);
        try (ServiceShell service = bed.serve("/usr/bin/uvicorn", "--port", "8000", "app:app")) {
            countsToOne(service);
            assertThat(Shown.curl(service, 3)).as("over one connection").isEqualTo("count 1;count 2;count 3;");
        }
    }

    @Test
    void flaskByItself() throws Exception {
        Shown.needsModule("python3-flask", "/usr/bin/python3", "-c", "import flask");
        write("app.py", FLASK);
        try (ServiceShell service = bed.serve("/usr/bin/python3", "app.py")) {
            countsToOne(service);
        }
    }

    @Test
    void flaskRun() throws Exception {
        Shown.needs("/usr/bin/flask", "python3-flask");
        write("app.py", FLASK);
        try (ServiceShell service = bed.serve("/usr/bin/flask", "--app", "app", "run", "--port", "8000")) {
            countsToOne(service);
        }
    }

    @Test
    void wsgirefWithHttp10() throws Exception {
        Shown.needs("/usr/bin/python3", "python3");
        write("app.py", WSGI + """
                from wsgiref.simple_server import make_server
                make_server("", 8000, app).serve_forever()
                """);
        try (ServiceShell service = bed.serve("/usr/bin/python3", "app.py")) {
            countsToOne(service);
            assertThat(Shown.curl(service, 2, "--http1.0"))
                    .as("a connection each")
                    .isEqualTo("count 1;count 1;");
        }
    }

    @Test
    void webrick() throws Exception {
        Shown.needsModule("ruby-webrick", "/usr/bin/ruby", "-rwebrick", "-e", "");
        write("app.rb", """
                require 'webrick'
                count = 0
                server = WEBrick::HTTPServer.new(Port: 8000, BindAddress: '127.0.0.1', DoNotReverseLookup: true)
                server.mount_proc('/') { |request, response| count += 1; response.body = "count #{count};" }
                server.start
                """);
        try (ServiceShell service = bed.serve("/usr/bin/ruby", "app.rb")) {
            countsToOne(service);
            assertThat(Shown.curl(service, 2)).as("over one connection").isEqualTo("count 1;count 2;");
        }
    }

    @Test
    void webSocketsOfPython() throws Exception {
        Shown.needsModule("python3-websockets", "/usr/bin/python3", "-c", "import websockets");
        write("app.py", """
                import asyncio, websockets
                count = 0
                async def echo(socket):
                    global count
                    async for message in socket:
                        count += 1
                        await socket.send(f"{count} {message}")
                async def main():
                    async with websockets.serve(echo, "127.0.0.1", 8000):
                        await asyncio.Future()
                asyncio.run(main())
                """);
        try (ServiceShell service = bed.serve("/usr/bin/python3", "app.py")) {
            talks(service);
        }
    }

    @Test
    void webSocketsOfNode() throws Exception {
        Shown.needs("/usr/bin/node", "nodejs");
        write("app.js", """
                const server = require('http').createServer();
                let count = 0;
                const frame = (kind, body) => Buffer.concat([body.length < 126 ? Buffer.from([0x80 | kind, body.length])
                    : Buffer.from([0x80 | kind, 126, body.length >> 8, body.length & 255]), body]);
                server.on('upgrade', (request, socket) => {
                  const key = require('crypto').createHash('sha1')
                      .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
                  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n'
                      + `Sec-WebSocket-Accept: ${key}\\r\\n\\r\\n`);
                  let rest = Buffer.alloc(0), message = Buffer.alloc(0);
                  socket.on('data', bytes => {
                    rest = Buffer.concat([rest, bytes]);
                    for (;;) {
                      if (rest.length < 2) return;
                      let length = rest[1] & 127, at = 2;
                      if (length === 126) { if (rest.length < 4) return; length = rest.readUInt16BE(2); at = 4; }
                      if (rest.length < at + 4 + length) return;
                      const mask = rest.subarray(at, at + 4), kind = rest[0] & 15, last = rest[0] & 128;
                      const body = Buffer.from(rest.subarray(at + 4, at + 4 + length).map((b, i) => b ^ mask[i & 3]));
                      rest = rest.subarray(at + 4 + length);
                      if (kind === 8) { socket.end(frame(8, body)); return; }
                      message = Buffer.concat([message, body]);
                      if (!last) continue;
                      socket.write(frame(1, Buffer.concat([Buffer.from(++count + ' '), message])));
                      message = Buffer.alloc(0);
                    }
                  });
                });
                server.listen(8000);
                """);
        try (ServiceShell service = bed.serve("/usr/bin/node", "app.js")) {
            talks(service);
        }
    }

    /** Two connections at once, each with a count of its own; messages both ways, long ones too; both close. */
    private static void talks(ServiceShell service) throws Exception {
        String longest = "x".repeat(60_000);
        try (HttpClient client = HttpClient.newHttpClient()) {
            Shown.Talk first = new Shown.Talk(client, service);
            Shown.Talk second = new Shown.Talk(client, service);
            for (int i = 1; i <= 5; i++) {
                assertThat(first.say("one")).isEqualTo(i + " one");
                assertThat(second.say("two")).isEqualTo(i + " two");
            }
            assertThat(second.say(longest).equals("6 " + longest)).isTrue();
            assertThat(first.close()).isEqualTo("closed 1000");
            assertThat(second.say("still here")).isEqualTo("7 still here");
            assertThat(second.close()).isEqualTo("closed 1000");
        }
        await().until(() -> service.stats().served() == 2);
    }
}
