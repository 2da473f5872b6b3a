import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import mayfly.runner.Actor;
import mayfly.runner.ActorContext;
import mayfly.runner.Request;
import mayfly.runner.Response;
import mayfly.runner.Runner;
import mayfly.runner.RunnerSpec;
import mayfly.runner.Socket;
import mayfly.runner.SocketHandler;

/**
 * A counter that keeps its number while it sleeps, and tells everybody who listens: also those whose WebSocket was open
 * before it fell asleep.
 */
public class Counter implements Actor {
    private final ActorContext self;
    private final Set<Socket> listeners = new LinkedHashSet<>();
    private int count;

    Counter(ActorContext self) {
        this.self = self;
        count = self.state().map(state -> ByteBuffer.wrap(state).getInt()).orElse(0);
    }

    @Override
    public Response onRequest(Request request) throws IOException {
        return switch (request.route()) {
            case "/" -> Response.text(count + "\n");
            case "/increment" -> Response.text(increment() + "\n");
            case "/sleep" -> {
                self.sleep();
                yield Response.text("good night\n");
            }
            default -> Response.text(404, "GET /, POST /increment, POST /sleep, or a WebSocket\n");
        };
    }

    @Override
    public SocketHandler onSocket(Socket socket) throws IOException {
        listeners.add(socket);
        return new SocketHandler() {
            @Override
            public boolean hibernates() {
                return true;
            }

            @Override
            public void onText(String text) throws IOException {
                increment();
            }

            @Override
            public void onClose(int code, String reason) {
                listeners.remove(socket);
            }
        };
    }

    private int increment() throws IOException {
        count++;
        self.save(ByteBuffer.allocate(4).putInt(count).array());
        for (Socket listener : listeners) {
            if (listener.isOpen()) {
                listener.send(Integer.toString(count));
            }
        }
        return count;
    }

    /** Hosts counters for the engine that the environment names, or for a node on this machine. */
    public static void main(String[] arguments) throws Exception {
        RunnerSpec spec = RunnerSpec.of("http://127.0.0.1:7070", "java-counters")
                .withSlots(1000)
                .withActorName("java-counter")
                .withEnvironment(System.getenv());
        try (Runner runner = Runner.connect(spec, Counter::new).closeAtExit()) {
            runner.awaitConnected(Duration.ofMinutes(1));
            System.out.println("hosting counters for " + spec.endpoint());
            System.out.println("ended: " + runner.awaitEnd());
        }
    }
}
