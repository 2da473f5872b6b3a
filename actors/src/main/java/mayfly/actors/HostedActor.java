package mayfly.actors;

/** A generation of an actor on a runner. Guarded by the lock of {@link HostedActors}, but for its last two fields. */
final class HostedActor {
    static final long NEVER = 0;
    /** By an earlier life of this node, perhaps. */
    static final long EARLIER = -1;

    final ActorShell actor;
    final long generation;
    /** In which session of the runner it was told to start; NEVER, EARLIER. */
    long startSent;
    /** Whether it is to stop, and in which session of the runner it was told so. */
    boolean stopping;

    long stopSent;
    /** The last session in which the runner spoke of it. */
    long seen;
    /** Events that the runner keeps, to tell them again after a cut. */
    int unacked;
    /** The runner was allowed to forget events, so its silence after a cut says nothing. */
    boolean acked;

    final KvOrder order = new KvOrder();
    final KvVolume volume = new KvVolume();

    HostedActor(ActorShell actor, long generation) {
        this.actor = actor;
        this.generation = generation;
    }
}
