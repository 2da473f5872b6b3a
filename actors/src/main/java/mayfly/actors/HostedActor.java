package mayfly.actors;

/** A generation of an actor on a runner, and in which session of it commands were sent. Guarded by its runner's lock. */
final class HostedActor {
    static final long NEVER = 0;
    /** By an earlier life of this node, perhaps. */
    static final long EARLIER = -1;

    final ActorShell actor;
    final long generation;
    boolean stopping;
    long startSent;
    long stopSent;
    /** Of its store: later reads wait for what was written before. */
    final KvOrder order = new KvOrder();

    final KvVolume volume = new KvVolume();

    HostedActor(ActorShell actor, long generation) {
        this.actor = actor;
        this.generation = generation;
    }
}
