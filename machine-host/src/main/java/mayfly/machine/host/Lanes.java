package mayfly.machine.host;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import mayfly.machine.MachineException;

/** The connections to one host, from its start to its end; kept for the next call, since making one costs as much. */
final class Lanes implements AutoCloseable {
    private static final int IDLE_MAX = 64;

    private final Host host;
    private final long slackMillis;
    private final ConcurrentLinkedDeque<Lane> idle = new ConcurrentLinkedDeque<>();
    private final Set<Lane> all = ConcurrentHashMap.newKeySet();
    /** Nothing is ever said on it: that it ends says that the host did. */
    private final HostChannel pulse;

    private volatile boolean dead;

    /**
     * @param slackMillis what the host needs beyond the time that it was given
     * @throws MachineException the host does not accept a connection
     */
    Lanes(Host host, long slackMillis) throws MachineException {
        this.host = host;
        this.slackMillis = slackMillis;
        try {
            pulse = new HostChannel(host.connect());
        } catch (IOException e) {
            throw new MachineException("the machine host cannot be connected to: " + e.getMessage(), e);
        }
        Thread.ofVirtual().name("machine-host-pulse").start(() -> {
            HostRead read = pulse.receive();
            assert read != null;
            ended();
        });
    }

    /** A lane that nobody uses. */
    Lane take() throws MachineException {
        for (Lane lane = idle.pollFirst(); lane != null; lane = idle.pollFirst()) {
            if (lane.isOpen()) {
                return lane;
            }
            all.remove(lane);
        }
        if (dead) {
            throw new MachineException("the machine host is gone");
        }
        try {
            Lane lane = new Lane(new HostChannel(host.connect()), slackMillis, this::lost);
            all.add(lane);
            if (dead) {
                lane.close(); // ended may have missed it
            }
            return lane;
        } catch (IOException e) {
            lost(e);
            throw new MachineException("the machine host cannot be connected to: " + e.getMessage(), e);
        }
    }

    /** The host does not take what it is sent: unless we closed the connection ourselves, it is gone. */
    private void lost(IOException why) {
        if (!(why instanceof ClosedChannelException)) {
            dead = true;
        }
    }

    /** The lane is not used any more, and nothing on it is unanswered. */
    void giveBack(Lane lane) {
        if (lane.isOpen() && idle.size() < IDLE_MAX) {
            idle.addFirst(lane);
        } else {
            drop(lane);
        }
    }

    void drop(Lane lane) {
        lane.close();
        all.remove(lane);
    }

    /** Whether the host may still be there. */
    boolean live() {
        return !dead;
    }

    /** Ends the host when it takes longer than it may: then it is broken, and perhaps taken over. */
    void watch() {
        long now = System.nanoTime();
        for (Lane lane : all) {
            if (lane.isOverdue(now)) {
                lane.abandon("it does not answer in time");
                close();
                return;
            }
        }
    }

    private void ended() {
        dead = true;
        pulse.close();
        for (Lane lane : all) {
            if (idle.contains(lane)) {
                lane.close(); // one in use sees the end by itself, after what was sent before
            }
        }
    }

    String ending() {
        return host.ending();
    }

    /** Ends the host and everything in it. */
    @Override
    public void close() {
        dead = true;
        host.end();
        pulse.close();
        all.forEach(Lane::close);
    }

    /** Lets go of the host, which stays. */
    void leave() {
        dead = true;
        pulse.close();
        all.forEach(Lane::close);
    }
}
