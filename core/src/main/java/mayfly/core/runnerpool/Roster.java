package mayfly.core.runnerpool;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import mayfly.base.RunnerId;
import mayfly.core.runnerpool.Host.Phase;
import org.jspecify.annotations.Nullable;

/** The runners of a pool, and which of them gets the next actor: one of the highest version, by chance among its free slots. */
final class Roster {
    private final RandomGenerator random;
    private final Map<RunnerId, Host> hosts = new HashMap<>();
    /** The offered ones of each version, the full ones with weight 0. */
    private final TreeMap<Integer, Urn> offered = new TreeMap<>();

    Roster(RandomGenerator random) {
        this.random = random;
    }

    Collection<Host> all() {
        return hosts.values();
    }

    @Nullable
    Host find(RunnerId runner) {
        return hosts.get(runner);
    }

    Host expect(RunnerId runner) {
        return hosts.computeIfAbsent(runner, Host::new);
    }

    /** True when actors are placed on the runner from now on; one that is over stays so. */
    boolean offer(RunnerId runner, int version, int slots) {
        Host host = expect(runner);
        if (host.isOver()) {
            return false;
        }
        takeOut(host);
        host.phase = Phase.OFFERED;
        host.version = version;
        host.slots = slots;
        host.urn = offered.computeIfAbsent(version, v -> new Urn());
        host.urn.put(host, host.free());
        return true;
    }

    /** Whether actors are placed on runners of this version, or on older ones until one is offered. */
    boolean isNewest(int version) {
        return offered.isEmpty() || version > offered.lastKey();
    }

    /** Those that no actor is placed on once the version is there. */
    List<Host> olderThan(int version) {
        List<Host> older = new ArrayList<>();
        for (Host host : hosts.values()) {
            boolean lives = host.phase == Phase.OFFERED || host.phase == Phase.WITHHELD;
            if (lives && host.version < version) {
                older.add(host);
            }
        }
        return older;
    }

    void withhold(RunnerId runner) {
        Host host = hosts.get(runner);
        if (host != null && host.phase == Phase.OFFERED) {
            takeOut(host);
            host.phase = Phase.WITHHELD;
        }
    }

    void drain(Host host) {
        takeOut(host);
        if (host.phase != Phase.RETIRED) {
            host.phase = Phase.DRAINED;
        }
    }

    void retire(Host host) {
        takeOut(host);
        host.phase = Phase.RETIRED;
        drop(host);
    }

    /** Forgets a host that is over and that nothing refers to. */
    void drop(Host host) {
        if (host.phase == Phase.RETIRED && host.used == 0 && host.connection == Host.NONE) {
            hosts.remove(host.id);
        }
    }

    private void takeOut(Host host) {
        Urn urn = host.urn;
        if (urn != null) {
            urn.remove(host);
            host.urn = null;
            if (urn.isEmpty()) {
                offered.remove(host.version);
            }
        }
    }

    boolean hasFree() {
        return !offered.isEmpty() && offered.lastEntry().getValue().total() > 0;
    }

    /** The next actor's host, one of its slots taken; there must be a free one. */
    Host draw() {
        Host host = offered.lastEntry().getValue().draw(random);
        use(host, 1);
        return host;
    }

    void use(Host host, int change) {
        host.used += change;
        if (host.urn != null) {
            host.urn.weigh(host, host.free());
        }
    }

    /** Free slots of all offered runners of the highest version, counted one by one for {@link RunnerPool#hold}. */
    long countFree() {
        long free = 0;
        for (Host host : hosts.values()) {
            free += host.phase == Phase.OFFERED && host.version == offered.lastKey() ? host.free() : 0;
        }
        return free;
    }

    long drawableFree() {
        return offered.isEmpty() ? 0 : offered.lastEntry().getValue().total();
    }
}
