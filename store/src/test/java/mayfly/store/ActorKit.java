package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.base.NamespaceId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine promises of actors, runners, pools and namespaces, through the contract alone. */
abstract class ActorKit extends EngineTest {
    final NamespaceId space = records.namespaceId();
    final NamespaceId other = records.namespaceId();
    ActorStore actors;

    @BeforeEach
    void takeActors() {
        actors = store.actors();
    }

    void restart() {
        reopen();
        actors = store.actors();
    }

    private ActorRecord created(String name, String key) throws Exception {
        ActorRecord actor = records.actor(space, name, key);
        assertThat(done(actors.createActor(actor, null))).isEmpty();
        return actor;
    }

    private List<ActorId> ids(List<ActorRecord> found) {
        return found.stream().map(ActorRecord::id).toList();
    }

    // Namespaces, pools, names ----------------------------------------------------------------------------------

    @Test
    void aNamespacesNameIsItsOwn() throws Exception {
        NamespaceRecord first = records.namespace("default");
        NamespaceRecord second = records.namespace("other");
        assertThat(done(actors.createNamespace(first))).isTrue();
        assertThat(done(actors.createNamespace(records.namespace("default")))).isFalse();
        assertThat(done(actors.createNamespace(new NamespaceRecord(first.id(), "new", "", Records.START))))
                .isFalse();
        assertThat(done(actors.createNamespace(second))).isTrue();
        restart();
        same(actors.namespace("default").orElseThrow(), first);
        same(actors.namespace(second.id()).orElseThrow(), second);
        assertThat(actors.namespace("new")).isEmpty();
        assertThat(actors.namespaces(null, 10)).containsExactly(second, first);
        assertThat(actors.namespaces(second.id(), 10)).containsExactly(first);
        assertThat(actors.namespaces(null, 1)).containsExactly(second);
    }

    @Test
    void theHighestRevisionOfAPoolStaysUntilItIsDeleted() throws Exception {
        PoolConfigRecord one = new PoolConfigRecord(space, "p", "{\"n\":1}", 1, records.time());
        PoolConfigRecord two = new PoolConfigRecord(space, "p", "{\"n\":2}", 2, records.time());
        PoolConfigRecord elsewhere = new PoolConfigRecord(other, "p", "{}", 7, records.time());
        later(actors.putPoolConfig(two));
        later(actors.putPoolConfig(elsewhere));
        done(actors.putPoolConfig(one));
        restart();
        assertThat(actors.poolConfig(space, "p")).contains(two);
        done(actors.putPoolConfig(one));
        assertThat(actors.poolConfig(space, "p")).contains(two);
        assertThat(actors.poolConfig(space, "q")).isEmpty();
        PoolConfigRecord another = new PoolConfigRecord(space, "B", "{}", 1, records.time());
        done(actors.putPoolConfig(another));
        assertThat(actors.poolConfigs(space, null, 9)).containsExactly(another, two);
        assertThat(actors.poolConfigs(space, "B", 9)).containsExactly(two);
        assertThat(actors.poolConfigs(space, null, 1)).containsExactly(another);
        assertThat(done(actors.deletePoolConfig(space, "p"))).isTrue();
        assertThat(done(actors.deletePoolConfig(space, "p"))).isFalse();
        assertThat(actors.poolConfig(space, "p")).isEmpty();
        assertThat(actors.poolConfig(other, "p")).contains(elsewhere);
        // In one batch: a deletion keeps its place between the writes around it.
        later(actors.putPoolConfig(two));
        var deleted = actors.deletePoolConfig(space, "p");
        done(actors.putPoolConfig(one));
        assertThat(done(deleted)).isTrue();
        assertThat(actors.poolConfig(space, "p")).contains(one);
    }

    @Test
    void namesOfActorsAreListedByName() throws Exception {
        for (String name : List.of("b", "a", "B", "\u00e9")) {
            later(actors.putActorName(new ActorNameRecord(space, name, "{\"old\":true}")));
        }
        done(actors.putActorName(new ActorNameRecord(space, "a", "{}")));
        done(actors.putActorName(new ActorNameRecord(other, "c", "{}")));
        assertThat(actors.actorNames(space, null, 9))
                .extracting(ActorNameRecord::name)
                .containsExactly("B", "a", "b", "\u00e9");
        assertThat(actors.actorNames(space, "B", 1)).containsExactly(new ActorNameRecord(space, "a", "{}"));
    }

    // Runners ---------------------------------------------------------------------------------------------------

    @Test
    void aRunnerIsKnownByItsKeyUntilItStops() throws Exception {
        RunnerRecord first = records.runner(space, "pool", "key", 1);
        done(actors.putRunner(first));
        same(actors.runnerByKey(space, "key").orElseThrow(), first);
        assertThat(actors.runnerByKey(other, "key")).isEmpty();
        RunnerRecord stopped = records.runner(first.id(), space, "pool", "key", records.time(), 3);
        done(actors.putRunner(stopped));
        done(actors.putRunner(records.runner(first.id(), space, "pool", "key", null, 2)));
        restart();
        same(actors.runner(first.id()).orElseThrow(), stopped);
        assertThat(actors.runnerByKey(space, "key")).isEmpty();
        RunnerRecord second = records.runner(space, "pool", "key", 1);
        done(actors.putRunner(second));
        same(actors.runnerByKey(space, "key").orElseThrow(), second);
        assertThat(actors.openRunners(null, 10)).containsExactly(second);
        assertThat(actors.openRunners(second.id(), 10)).isEmpty();
    }

    @Test
    void runnersAreListedNewestFirst() throws Exception {
        RunnerRecord a = records.runner(space, "p", "a", 1);
        RunnerRecord b = records.runner(space, "q", "b", 1);
        RunnerRecord c = records.runner(records.runnerId(), space, "p", "c", records.time(), 1);
        RunnerRecord d = records.runner(other, "p", "a", 1);
        for (RunnerRecord runner : List.of(c, a, d, b)) {
            later(actors.putRunner(runner));
        }
        RunnerFilter all = new RunnerFilter(space, null, List.of(), true, null, 10);
        done(actors.putRunner(a));
        assertThat(actors.runners(all)).containsExactly(c, b, a);
        assertThat(actors.runners(new RunnerFilter(space, null, List.of(), false, null, 10)))
                .containsExactly(b, a);
        assertThat(actors.runners(new RunnerFilter(space, "p", List.of(), true, c.id(), 10)))
                .containsExactly(a);
        assertThat(actors.runners(new RunnerFilter(space, null, List.of(d.id(), a.id(), b.id()), true, null, 1)))
                .containsExactly(b);
        assertThat(actors.runnerPools(space, null, 10)).containsExactly("p", "q");
        assertThat(actors.runnerPools(space, "p", 10)).containsExactly("q");
        assertThat(done(actors.pruneRunners(c.stoppedAt(), 10))).isZero();
        assertThat(done(actors.pruneRunners(Instant.MAX, 10))).isEqualTo(1);
        assertThat(actors.runners(all)).containsExactly(b, a);
    }

    // Actors ----------------------------------------------------------------------------------------------------

    @Test
    void anActorGoesItsWay() throws Exception {
        ActorRecord first = records.actor(space, "counter", "a/b");
        byte[] input = {0, -1, 127};
        assertThat(done(actors.createActor(first, input))).isEmpty();
        restart();
        same(actors.actor(first.id()).orElseThrow(), first);
        same(actors.actorByKey(space, "counter", "a/b").orElseThrow(), first);
        assertThat(actors.actorInput(first.id())).get().isEqualTo(input);
        assertThat(actors.actorByKey(space, "counter", "a")).isEmpty();
        assertThat(actors.actorByKey(other, "counter", "a/b")).isEmpty();
        assertThat(actors.actor(records.actorId())).isEmpty();

        ActorRecord second = Records.next(first, null, records.time(), true, 2);
        ActorRecord third = Records.next(first, null, null, false, 3);
        later(actors.putActor(third));
        done(actors.putActor(second));
        same(actors.actor(first.id()).orElseThrow(), third);
        done(actors.putActor(second));
        same(actors.actor(first.id()).orElseThrow(), third);

        ActorRecord ended = Records.next(first, records.time(), null, true, 4);
        done(actors.putActor(ended));
        restart();
        same(actors.actor(first.id()).orElseThrow(), ended);
        assertThat(actors.actorByKey(space, "counter", "a/b")).isEmpty();
        assertThat(actors.actorInput(first.id())).isEmpty();
        done(actors.putActor(Records.next(first, null, null, true, 5)));
        same(actors.actor(first.id()).orElseThrow(), ended);
        ActorRecord gone = Records.next(first, records.time(), null, false, 6);
        done(actors.putActor(gone));
        same(actors.actor(first.id()).orElseThrow(), Records.next(first, ended.destroyedAt(), null, false, 6));
    }

    @Test
    void anEmptyInputIsNotNoInput() throws Exception {
        ActorRecord with = records.actor(space, "a", null);
        ActorRecord without = records.actor(space, "a", null);
        done(actors.createActor(with, new byte[0]));
        done(actors.createActor(without, null));
        assertThat(actors.actorInput(with.id())).get().isEqualTo(new byte[0]);
        assertThat(actors.actorInput(without.id())).isEmpty();
        assertThatThrownBy(() ->
                        actors.createActor(records.actor(space, "a", null), new byte[Limits.ACTOR_INPUT_BYTES_MAX + 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aKeyHasOneLivingActor() throws Exception {
        ActorRecord first = created("counter", "k");
        ActorRecord second = records.actor(space, "counter", "k");
        assertThat(done(actors.createActor(second, new byte[] {1}))).contains(first.id());
        assertThat(actors.actor(second.id())).isEmpty();
        assertThat(actors.actorInput(second.id())).isEmpty();
        done(actors.putActor(Records.next(second, null, null, true, 2)));
        assertThat(actors.actor(second.id()))
                .as("what was not created is not put")
                .isEmpty();
        assertThat(done(actors.createActor(records.actor(first.id(), space, "other", "k", 1), null)))
                .as("the id is taken")
                .contains(first.id());
        created("other", "k");
        assertThat(done(actors.createActor(records.actor(other, "counter", "k"), null)))
                .isEmpty();
        created("counter", null);
        created("counter", null);

        // The end of the first and the creation of the next, in one batch.
        later(actors.putActor(Records.next(first, records.time(), null, false, 2)));
        var next = actors.createActor(second, null);
        var awake = actors.putActor(Records.next(second, null, null, true, 2));
        assertThat(done(next)).isEmpty();
        done(awake);
        same(actors.actorByKey(space, "counter", "k").orElseThrow(), Records.next(second, null, null, true, 2));
    }

    @Test
    void manyCreateOneKeyAndOneWins() throws Exception {
        List<CompletableFuture<java.util.Optional<ActorId>>> all = new ArrayList<>();
        List<ActorRecord> made = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            made.add(records.actor(space, "counter", "k" + i % 10));
            all.add(actors.createActor(made.get(i), null));
        }
        for (int i = 0; i < 300; i++) {
            var owner = done(all.get(i));
            assertThat(owner)
                    .isEqualTo(
                            i < 10
                                    ? java.util.Optional.empty()
                                    : java.util.Optional.of(made.get(i % 10).id()));
        }
        assertThat(actors.actors(ActorFilter.named(space, "counter", 100))).hasSize(10);
    }

    @Test
    void actorsAreListedNewestFirst() throws Exception {
        ActorRecord a = created("x", "1");
        ActorRecord b = created("y", "1");
        ActorRecord c = created("x", "2");
        ActorRecord d = created("x", null);
        done(actors.createActor(records.actor(other, "x", "1"), null));
        done(actors.putActor(Records.next(c, records.time(), null, false, 2)));
        ActorRecord again = created("x", "2");
        assertThat(ids(actors.actors(ActorFilter.named(space, "x", 10)))).containsExactly(again.id(), d.id(), a.id());
        assertThat(ids(actors.actors(new ActorFilter(space, null, null, List.of(), false, null, 10))))
                .containsExactly(again.id(), d.id(), b.id(), a.id());
        assertThat(ids(actors.actors(new ActorFilter(space, "x", null, List.of(), true, null, 10))))
                .containsExactly(again.id(), d.id(), c.id(), a.id());
        assertThat(ids(actors.actors(new ActorFilter(space, "x", null, List.of(), true, again.id(), 2))))
                .containsExactly(d.id(), c.id());
        assertThat(ids(actors.actors(new ActorFilter(space, "x", "2", List.of(), false, null, 10))))
                .containsExactly(again.id());
        assertThat(ids(actors.actors(new ActorFilter(space, "x", "2", List.of(), true, null, 10))))
                .containsExactly(again.id(), c.id());
        List<ActorId> some = List.of(b.id(), c.id(), records.actorId(), a.id(), d.id());
        assertThat(ids(actors.actors(new ActorFilter(space, null, null, some, false, null, 10))))
                .containsExactly(d.id(), b.id(), a.id());
        assertThat(ids(actors.actors(new ActorFilter(space, "x", null, some, true, d.id(), 10))))
                .containsExactly(c.id(), a.id());
        assertThatThrownBy(() -> actors.actors(ActorFilter.named(space, "x", Limits.LIST_PAGE_MAX + 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void alarmsAndAwakeActorsAreFoundAgain() throws Exception {
        List<ActorRecord> made = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            made.add(created("x", "k" + i));
        }
        Instant due = records.time();
        later(actors.putActor(Records.next(made.get(0), null, due.plusNanos(1), false, 2)));
        later(actors.putActor(Records.next(made.get(1), null, due, true, 2)));
        later(actors.putActor(Records.next(made.get(2), null, due.minusSeconds(1), false, 2)));
        later(actors.putActor(Records.next(made.get(3), null, null, true, 2)));
        done(actors.putActor(Records.next(made.get(4), due, null, true, 2)));
        restart();
        assertThat(ids(actors.dueAlarms(due, 10)))
                .containsExactly(made.get(2).id(), made.get(1).id());
        assertThat(ids(actors.dueAlarms(due, 1))).containsExactly(made.get(2).id());
        assertThat(actors.dueAlarms(Instant.MAX, 10)).hasSize(3);
        assertThat(actors.nextAlarm()).contains(due.minusSeconds(1));
        assertThat(ids(actors.awakeActors(null, 10)))
                .containsExactly(made.get(1).id(), made.get(3).id(), made.get(4).id());
        assertThat(ids(actors.awakeActors(made.get(1).id(), 1)))
                .containsExactly(made.get(3).id());
        for (int i = 0; i < 6; i++) {
            done(actors.putActor(Records.next(made.get(i), null, null, false, 3)));
        }
        assertThat(actors.nextAlarm()).isEmpty();
        assertThat(ids(actors.awakeActors(null, 10)))
                .as("nobody takes back that it was destroyed")
                .containsExactly(made.get(4).id());
    }

    @Test
    void whatWasDestroyedIsPruned() throws Exception {
        ActorRecord living = created("x", "1");
        ActorRecord first = created("x", "2");
        ActorRecord second = created("x", "3");
        for (ActorRecord actor : List.of(living, first, second)) {
            for (int i = 0; i < 5; i++) {
                later(actors.kvPut(actor.id(), List.of(new KvPair(new byte[] {(byte) i}, new byte[9])), Records.START));
            }
        }
        Instant end = records.time();
        later(actors.putActor(Records.next(first, end, null, false, 2)));
        done(actors.putActor(Records.next(second, end.plusSeconds(1), null, false, 2)));
        assertThat(done(actors.pruneActors(end, 100))).isZero();
        assertThat(done(actors.pruneActors(end.plusNanos(1), 3))).isEqualTo(3);
        assertThat(actors.actor(first.id())).isPresent();
        assertThat(actors.kvBytes(first.id())).isEqualTo(20);
        assertThat(done(actors.pruneActors(end.plusNanos(1), 3))).isEqualTo(3);
        assertThat(actors.actor(first.id())).isEmpty();
        assertThat(done(actors.pruneActors(end.plusNanos(1), 3))).isZero();
        assertThat(done(actors.pruneActors(Instant.MAX, 100))).isEqualTo(6);
        assertThat(actors.kvBytes(living.id())).isEqualTo(50);
        assertThat(actors.actor(living.id())).isPresent();
    }
}
