package mayfly.core.runnerpool;

import java.util.HashMap;
import java.util.Map;
import mayfly.core.runnerpool.Fleet.Connection;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;

/** What is true between two steps of a runner pool (the numbers are INVARIANTS.md's). */
final class RunnerPoolInvariants {
    private RunnerPoolInvariants() {}

    static boolean hold(RunnerPool pool) {
        slots(pool);
        require(
                pool.waiting.stream().noneMatch(pool.granted::containsKey),
                "Q2: a claim waits or has a slot, never both");
        boolean free = pool.roster.hasFree() && pool.granted.size() < pool.spec.maxConcurrentActors();
        require(pool.waiting.isEmpty() || !free, "Q3: nobody waits beside a free slot");
        connections(pool);
        return true;
    }

    private static void slots(RunnerPool pool) {
        Map<Host, Integer> used = new HashMap<>();
        pool.granted.values().forEach(host -> used.merge(host, 1, Integer::sum));
        for (Host host : pool.roster.all()) {
            require(
                    host.used == used.getOrDefault(host, 0),
                    "Q1: a runner's used slots are its claims, " + host.id + " has " + host.used);
            used.remove(host);
        }
        require(used.isEmpty(), "Q1: a runner with claims is known");
        require(pool.roster.countFree() == pool.roster.drawableFree(), "Q1: what may be drawn is what is free");
    }

    private static void connections(RunnerPool pool) {
        int active = pool.fleet.active();
        int desired = pool.desired();
        boolean held = pool.trouble.isClosed();
        require(active >= desired || held, "Q4: as many connections as desired, or a pause");
        require(active <= desired || pool.spec.kind() == Kind.HOSTED, "Q4: no more connections than desired");
        int up = 0;
        for (Connection connection : pool.fleet.live()) {
            Host host = connection.host;
            require(host == null || !host.isOver(), "Q5: a connection's runner is of use");
            up += host != null && pool.fleet.isActive(connection) ? 1 : 0;
        }
        require(up == pool.fleet.up(), "Q5: connections that are up are counted");
    }

    private static void require(boolean holds, String invariant) {
        if (!holds) {
            throw new AssertionError(invariant);
        }
    }
}
