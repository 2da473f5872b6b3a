package mayfly.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.api.Route;

/** Prints what a service does until it is gone; Ctrl-C deletes it. A node that ends meanwhile is waited for. */
final class ServiceFollow {
    private static final Duration RETRY_FOR = Duration.ofSeconds(30);
    private static final long LOOK_MS = 300;
    /** Enough to see nearly always that a place is not where the new tail begins. */
    private static final int OVERLAP_CHARS = 64;

    private final Session session;
    private final String name;
    private String accesses = "";
    private String output = "";

    private ServiceFollow(Session session, String name) {
        this.session = session;
        this.name = name;
    }

    static int untilGone(Session session, String name) throws CliException {
        onInterrupt(session, name);
        ServiceFollow follow = new ServiceFollow(session, name);
        long seenAt = session.clock().nanos();
        while (true) {
            try {
                follow.look();
                seenAt = session.clock().nanos();
            } catch (CliException e) {
                if (e.exit() == Exit.NOT_FOUND) {
                    session.err().println("mayfly: service " + name + " is gone");
                    return Exit.OK;
                }
                boolean again = e.exit() == Exit.UNREACHABLE && session.clock().nanos() - seenAt < RETRY_FOR.toNanos();
                if (!again) {
                    throw e;
                }
            }
            pause();
        }
    }

    private void look() throws CliException {
        String told = text("access");
        print(session.out(), added(accesses, told));
        accesses = told;
        String printed = text("output");
        print(session.err(), added(output, printed));
        output = printed;
    }

    private String text(String stream) throws CliException {
        Answer answer = session.node().get(Route.SERVICE_LOGS, List.of(name), Map.of("stream", stream));
        return new String(answer.bytes(), StandardCharsets.UTF_8);
    }

    private static void print(PrintStream to, String text) {
        if (!text.isEmpty()) {
            to.print(text);
            to.flush();
        }
    }

    /** What is new in the tail of a log, when {@code before} was its tail. */
    static String added(String before, String now) {
        if (now.startsWith(before)) {
            return now.substring(before.length());
        }
        for (int at = 1; at < before.length(); at++) {
            if (now.startsWith(before.substring(at, Math.min(at + OVERLAP_CHARS, before.length())))
                    && now.startsWith(before.substring(at))) {
                return now.substring(before.length() - at);
            }
        }
        return now; // so much came that nothing of the old is left, or the node was started again
    }

    /** The first interrupt deletes the service, the second one leaves it. */
    private static void onInterrupt(Session session, String name) {
        AtomicInteger count = new AtomicInteger();
        Interrupts.handle(() -> {
            if (count.incrementAndGet() > 1) {
                leave(session, name);
                return;
            }
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    NodeClient.expectSuccess(
                            session.node().call(Route.SERVICE_DELETE, List.of(name), Map.of(), Optional.empty()));
                } catch (CliException e) {
                    if (e.exit() != Exit.NOT_FOUND) {
                        leave(session, name);
                    }
                }
            });
        });
    }

    private static void leave(Session session, String name) {
        session.err()
                .println("mayfly: left service " + name + " running; end it with 'mayfly rm service/" + name + "'");
        session.err().flush();
        session.out().flush();
        Runtime.getRuntime().halt(Exit.SIGNAL_BASE + 2);
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
