package mayfly.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import org.jspecify.annotations.Nullable;

/**
 * The part of a {@link Store} that is about actors: namespaces, pools, runners, actors and what each actor keeps. All
 * that is said there holds here too: order, durability, limits, text.
 *
 * <p>Records with a revision replace the one with the same key, but never one of a higher revision, and then count as
 * written. Ids sort by the time of their making, so that lists by id are lists by time.
 */
public interface ActorStore {
    // Namespaces ------------------------------------------------------------------------------------------------

    /** False when its name or its id is taken. */
    CompletableFuture<Boolean> createNamespace(NamespaceRecord namespace);

    Optional<NamespaceRecord> namespace(NamespaceId id);

    Optional<NamespaceRecord> namespace(String name);

    /**
     * Newest first.
     *
     * @param before ids strictly below this one; null from the newest
     */
    List<NamespaceRecord> namespaces(@Nullable NamespaceId before, int limit);

    // Pools -----------------------------------------------------------------------------------------------------

    CompletableFuture<Void> putPoolConfig(PoolConfigRecord config);

    /** False when there is none. One that is put later is there again, whatever its revision. */
    CompletableFuture<Boolean> deletePoolConfig(NamespaceId namespace, String name);

    Optional<PoolConfigRecord> poolConfig(NamespaceId namespace, String name);

    /**
     * By name ascending.
     *
     * @param after names strictly above this one; null from the start
     */
    List<PoolConfigRecord> poolConfigs(NamespaceId namespace, @Nullable String after, int limit);

    // Runners ---------------------------------------------------------------------------------------------------

    CompletableFuture<Void> putRunner(RunnerRecord runner);

    Optional<RunnerRecord> runner(RunnerId id);

    /** The newest with this key that was not stopped. */
    Optional<RunnerRecord> runnerByKey(NamespaceId namespace, String key);

    List<RunnerRecord> runners(RunnerFilter filter);

    /**
     * Runners of all namespaces that were not stopped, by id ascending: what a starting node may hear of again.
     *
     * @param after ids strictly above this one; null from the start
     */
    List<RunnerRecord> openRunners(@Nullable RunnerId after, int limit);

    /**
     * The pools that runners have come to, whether any is left or not, by name ascending.
     *
     * @param after names strictly above this one; null from the start
     */
    List<String> runnerPools(NamespaceId namespace, @Nullable String after, int limit);

    /** Deletes runners that stopped before the given time, longest stopped first; the number deleted. */
    CompletableFuture<Integer> pruneRunners(Instant stoppedBefore, int limit);

    // Actors ----------------------------------------------------------------------------------------------------

    /**
     * Keeps a new actor and what it was made with. Empty when it did; else the actor that has its key (or its id).
     *
     * @param input at most Limits.ACTOR_INPUT_BYTES_MAX
     */
    CompletableFuture<Optional<ActorId>> createActor(ActorRecord actor, byte @Nullable [] input);

    /**
     * Puts the next revision in the place of an actor that was created and not destroyed; else it changes nothing. With
     * a time of destruction it releases the key and forgets the input; what the actor keeps stays until it is
     * dropped or pruned.
     */
    CompletableFuture<Void> putActor(ActorRecord actor);

    Optional<ActorRecord> actor(ActorId id);

    /** The one that was not destroyed. */
    Optional<ActorRecord> actorByKey(NamespaceId namespace, String name, String key);

    /** What it was created with; empty when that was nothing, and when it was destroyed. */
    Optional<byte[]> actorInput(ActorId id);

    List<ActorRecord> actors(ActorFilter filter);

    /**
     * Actors of all namespaces that are awake, by id ascending.
     *
     * @param after ids strictly above this one; null from the start
     */
    List<ActorRecord> awakeActors(@Nullable ActorId after, int limit);

    /** Actors of all namespaces whose alarm is due at the given time, that of the earliest first. */
    List<ActorRecord> dueAlarms(Instant at, int limit);

    /** When the next alarm of any actor is due. */
    Optional<Instant> nextAlarm();

    /**
     * Deletes actors that were destroyed before the given time, longest destroyed first, with all that they keep; the
     * number of rows deleted, which is about the limit at most. Other writes wait meanwhile.
     */
    CompletableFuture<Integer> pruneActors(Instant destroyedBefore, int limit);

    // Names -----------------------------------------------------------------------------------------------------

    /** The last one put stays. */
    CompletableFuture<Void> putActorName(ActorNameRecord name);

    /**
     * By name ascending.
     *
     * @param after names strictly above this one; null from the start
     */
    List<ActorNameRecord> actorNames(NamespaceId namespace, @Nullable String after, int limit);

    // What an actor keeps ---------------------------------------------------------------------------------------

    /**
     * All or nothing; of equal keys the last one stays. At most Limits.KV_KEYS_MAX pairs and Limits.KV_PUT_BYTES_MAX;
     * whether that is too much for one actor is for the caller to judge.
     */
    CompletableFuture<Void> kvPut(ActorId actor, List<KvPair> pairs, Instant now);

    /** At most Limits.KV_KEYS_MAX; keys that are not there do not matter. */
    CompletableFuture<Void> kvDelete(ActorId actor, List<byte[]> keys);

    CompletableFuture<Void> kvDelete(ActorId actor, KvRange range);

    /** Those that are there, by key ascending. At most Limits.KV_KEYS_MAX keys. */
    List<KvEntry> kvGet(ActorId actor, List<byte[]> keys);

    /**
     * The first ones of a range, or the last ones, last first. Throws StoreException TOO_LARGE when they are more than
     * Limits.KV_ANSWER_BYTES_MAX together.
     *
     * @param limit 1 to Limits.KV_LIST_MAX
     */
    List<KvEntry> kvList(ActorId actor, KvRange range, boolean reverse, int limit);

    /** All keys and values together. Looks at each of them. */
    long kvBytes(ActorId actor);
}
