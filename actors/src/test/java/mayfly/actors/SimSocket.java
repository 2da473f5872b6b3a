package mayfly.actors;

import java.util.Optional;
import mayfly.runner.protocol.RunnerProtocol;
import org.jspecify.annotations.Nullable;

/**
 * A socket between a runner's process and a node. Each direction keeps its order and has its own delays. A stalled one
 * delivers nothing for a while and loses nothing; a cut one loses what was on its way, and each end hears of it on its own.
 */
final class SimSocket implements RunnerLink {
    private final SimAgenda agenda;
    private final SimNode node;
    private final SimProcess process;
    private @Nullable RunnerSession session;
    private long toNodeMillis;
    private long toProcessMillis;
    private long stalledUntilMillis;
    private boolean cut;
    private boolean closedByNode;
    private boolean nodeKnows;

    SimSocket(SimAgenda agenda, SimNode node, SimProcess process) {
        this.agenda = agenda;
        this.node = node;
        this.process = process;
    }

    void open(String key) {
        node.mourners.add(() -> cut(agenda.between(0, 30)));
        node.run(() -> {
            try {
                session = node.engine()
                        .connect(new RunnerHello("default", key, RunnerProtocol.VERSION, Optional.empty()), this);
            } catch (ActorException refused) {
                throw new AssertionError(refused);
            }
        });
    }

    /** Whether what is sent now arrives soon, as far as the network goes. */
    boolean isWell() {
        return !cut && !closedByNode && agenda.nowMillis() >= stalledUntilMillis;
    }

    void stall(long millis) {
        stalledUntilMillis = Math.max(stalledUntilMillis, agenda.nowMillis() + millis);
    }

    /** What is on its way is lost; the node hears of it after the given time, the process sooner or later. */
    void cut(long nodeHearsMillis) {
        if (!cut) {
            cut = true;
            agenda.in(nodeHearsMillis, this::tellNode);
            agenda.in(agenda.soon(500), () -> process.lost(this));
        }
    }

    private void tellNode() {
        if (!nodeKnows && session != null) {
            nodeKnows = true;
            node.run(session::closed);
        }
    }

    // ---- the process's end

    void toNode(byte[] frame) {
        toNodeMillis = arrival(toNodeMillis);
        agenda.in(toNodeMillis - agenda.nowMillis(), () -> {
            if (!cut && !nodeKnows && session != null) {
                node.run(() -> session.message(frame));
            }
        });
    }

    private long arrival(long lastMillis) {
        return Math.max(lastMillis, Math.max(agenda.nowMillis(), stalledUntilMillis) + agenda.soon(40));
    }

    // ---- the node's end

    @Override
    public void send(byte[] frame) {
        toProcess(() -> process.heard(this, frame));
    }

    @Override
    public void close(int code, String reason) {
        closedByNode = true;
        toProcess(() -> {
            if (reason.startsWith("ws.eviction")) {
                process.evicted(this);
            } else {
                process.lost(this);
            }
        });
        agenda.in(agenda.soon(5), this::tellNode);
    }

    private void toProcess(Runnable delivery) {
        toProcessMillis = arrival(toProcessMillis);
        agenda.in(toProcessMillis - agenda.nowMillis(), () -> {
            if (!cut) {
                delivery.run();
            }
        });
    }

    @Override
    public long queuedBytes() {
        return 0;
    }
}
