package mayfly.checks.runner;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import mayfly.runner.Actor;
import mayfly.runner.ActorContext;
import mayfly.runner.KvEntry;
import mayfly.runner.KvQuery;
import mayfly.runner.Request;
import mayfly.runner.Response;
import mayfly.runner.Socket;
import mayfly.runner.SocketHandler;

/** An actor that does whatever a test wants to see. */
final class TestActor implements Actor {
    /** What happened to any actor of a test, in order: {@code id what}. */
    static final class Diary {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();
        final CountDownLatch gate = new CountDownLatch(1);
        volatile boolean storesAtSleep = true;

        void note(String actor, String what) {
            lines.add(actor + " " + what);
        }

        List<String> of(String actor) {
            return lines.stream()
                    .filter(line -> line.startsWith(actor + " "))
                    .map(line -> line.substring(actor.length() + 1))
                    .toList();
        }
    }

    private final ActorContext self;
    private final Diary diary;
    private int count;

    TestActor(ActorContext self, Diary diary) {
        this.self = self;
        this.diary = diary;
        count = self.state().map(state -> ByteBuffer.wrap(state).getInt()).orElse(0);
        note("made");
    }

    private void note(String what) {
        diary.note(self.id(), what);
    }

    @Override
    public void onStart() {
        note("start " + new String(self.input().orElse(new byte[0]), StandardCharsets.UTF_8));
    }

    @Override
    public void onWake() {
        note("wake");
    }

    @Override
    public void onSleep() throws Exception {
        note("sleep");
        if (diary.storesAtSleep) {
            self.kv().put("slept", new byte[] {1});
        }
    }

    @Override
    public void onLost() {
        note("lost");
    }

    @Override
    public void onAlarm() {
        note("alarm");
    }

    @Override
    public Response onRequest(Request request) throws Exception {
        return switch (request.route()) {
            case "/count" -> {
                save(count + 1);
                yield Response.text(Integer.toString(count));
            }
            case "/echo" ->
                Response.of(201, Map.of("x-method", request.method(), "x-path", request.path()), request.body());
            case "/fail" -> throw new IllegalStateException("as asked");
            case "/large" -> Response.of(200, Map.of(), new byte[21 << 20]);
            case "/later" ->
                Response.later(() -> {
                    diary.gate.await();
                    return Response.text("later");
                });
            case "/streamed" ->
                Response.streamed(200, Map.of("content-type", "text/plain"), out -> {
                    out.write("first\n".getBytes(StandardCharsets.UTF_8));
                    out.flush();
                    diary.gate.await();
                    out.write("second\n".getBytes(StandardCharsets.UTF_8));
                });
            case "/sleep" -> {
                self.sleep();
                yield Response.text("good night");
            }
            case "/destroy" -> {
                self.destroy();
                yield Response.text("goodbye");
            }
            case "/alarm" -> {
                self.setAlarm(Instant.now().plusMillis(Long.parseLong(request.text())));
                yield Response.text("set");
            }
            case "/kv" -> Response.text(kv(request.text()));
            default -> Response.text(404, "no " + request.path());
        };
    }

    private void save(int newCount) throws IOException {
        count = newCount;
        self.save(ByteBuffer.allocate(4).putInt(count).array());
    }

    /** {@code put KEY VALUE}, {@code get KEY}, {@code delete KEY}, {@code range FROM BEFORE}, {@code list}, {@code drop}. */
    private String kv(String command) throws Exception {
        String[] words = command.split(" ", -1);
        switch (words[0]) {
            case "put" -> self.kv().put(words[1], words[2].getBytes(StandardCharsets.UTF_8));
            case "delete" -> self.kv().delete(words[1]);
            case "range" ->
                self.kv()
                        .deleteRange(
                                words[1].getBytes(StandardCharsets.UTF_8), words[2].getBytes(StandardCharsets.UTF_8));
            case "drop" -> self.kv().drop();
            case "get" -> {
                return self.kv().get(words[1]).map(TestActor::text).orElse("nothing");
            }
            case "list" -> {
                KvQuery query = words.length > 1
                        ? KvQuery.prefix(words[1].getBytes(StandardCharsets.UTF_8))
                                .reverse()
                        : KvQuery.all();
                return self.kv().list(query).stream()
                        .map(KvEntry::key)
                        .map(TestActor::text)
                        .collect(Collectors.joining(" "));
            }
            default -> throw new IllegalArgumentException(command);
        }
        return "done";
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public SocketHandler onSocket(Socket socket) throws IOException {
        note((socket.isRestored() ? "restored " : "opened ") + socket.path());
        if (socket.path().equals("/refused")) {
            throw new IOException("as asked");
        }
        boolean hibernates = socket.path().startsWith("/hibernating");
        if (!socket.isRestored()) {
            socket.send("hello " + socket.headers().getOrDefault("x-test", socket.path()));
        }
        return new SocketHandler() {
            @Override
            public boolean hibernates() {
                return hibernates;
            }

            @Override
            public void onText(String text) throws Exception {
                if (text.equals("sleep")) {
                    self.sleep();
                } else if (text.equals("close")) {
                    socket.close(4001, "as asked");
                } else if (text.equals("count")) {
                    save(count + 1);
                    socket.send(Integer.toString(count));
                } else {
                    socket.send("you said " + text);
                }
            }

            @Override
            public void onBinary(byte[] bytes) throws Exception {
                socket.send(bytes);
            }

            @Override
            public void onClose(int code, String reason) {
                note("closed " + code);
            }
        };
    }
}
