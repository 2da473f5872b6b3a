package mayfly.core.runnerpool;

import mayfly.base.RunnerId;
import org.jspecify.annotations.Nullable;

/** A runner as its pool sees it. */
final class Host {
    /** The place of a host that is in no urn. */
    static final int NOWHERE = -1;
    /** The connection of a runner that came by itself, or whose connection has ended. */
    static final long NONE = 0;

    enum Phase {
        /** Only heard of: by a connection, or by an actor that is on it. */
        EXPECTED,
        OFFERED,
        WITHHELD,
        /** Told to drain, and may not have heard it yet: an offer of it means nothing. */
        DRAINED,
        /** It said itself that it is over; nothing more comes from it. */
        RETIRED
    }

    final RunnerId id;
    Phase phase = Phase.EXPECTED;
    int version;
    int slots;
    /** Claims that have a slot of it. */
    int used;

    /** What it is drawn from, while it is offered. */
    @Nullable
    Urn urn;

    int place = NOWHERE;
    long connection = NONE;

    Host(RunnerId id) {
        this.id = id;
    }

    boolean isOver() {
        return phase == Phase.DRAINED || phase == Phase.RETIRED;
    }

    /** Never below 0: after a restart it may have more actors than slots. */
    int free() {
        return Math.max(0, slots - used);
    }
}
