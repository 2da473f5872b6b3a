package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import mayfly.base.ActorId;
import mayfly.core.actor.Actor;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.actor.Failure;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.StopCode;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;

/** The real shells on a real store, with runners that speak the wire's protocol and do what a test tells them. */
class ActorEngineTest extends EngineCase {
    @Test
    void createRunsSleepsAndWakesWithTheNextGeneration() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        awaitState(id, Actor.Running.class);
        assertThat(runner.generation(id)).isZero();

        runner.wantsSleep(id);
        awaitState(id, Actor.Sleeping.class);
        assertThat(runner.stops(id)).isOne();
        await().untilAsserted(() -> assertThat(engine.load().actorsInMemory()).isZero());

        assertThat(place(id).generation()).isOne();
        assertThat(runner.starts(id)).isEqualTo(2);
    }

    @Test
    void everyWakeIsAsQuickAsTheFirstThoughTheClientCallsEachSleepAnError() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        for (int i = 0; i < 10; i++) {
            place(id);
            runner.wantsSleep(id);
            awaitState(id, Actor.Sleeping.class);
            assertThat(state(id).life().failure()).isEmpty();
            assertThat(state(id).life().retry().failures()).isZero();
        }
    }

    @Test
    void aSecondSleepIntentIsIgnoredAndAWakeMeanwhileIsNotLost() throws ActorException {
        ScriptedRunner runner = runner();
        runner.stopsActors = false;
        ActorId id = created("a", CrashPolicy.RESTART);
        awaitState(id, Actor.Running.class);
        runner.wantsSleep(id);
        runner.wantsSleep(id);
        awaitState(id, Actor.Stopping.class);
        assertThat(runner.stops(id)).isOne();
        assertThat(engine.catalog().wake(id)).isTrue();
        runner.stopped(id, StopCode.ERROR);
        await().until(() -> state(id) instanceof Actor.Running it && it.place().generation() == 1);
    }

    @Test
    void aRequestGoesThereAndBack() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        ActorPlace place = place(id);
        AtomicReference<ToServerKind> answer = new AtomicReference<>();
        Tunnel tunnel = engine.tunnel(place, new Answers(answer)).orElseThrow();
        tunnel.send(new ToClientKind.RequestStart(id.value(), "GET", "/x?y=1", Map.of(), Optional.empty(), false));
        var sent = runner.nextTunnel(it -> it.kind() instanceof ToClientKind.RequestStart);
        ToServerKind response = new ToServerKind.ResponseStart(200, Map.of(), Optional.of(bytes("hi")), false);
        runner.respond(sent.id(), response);
        await().until(() -> answer.get() != null);
        assertThat(answer.get()).usingRecursiveComparison().isEqualTo(response);
        tunnel.close();
        assertThat(engine.load().tunnels()).isZero();
    }

    @Test
    void aTunnelIsGoneWhenItsActorStops() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        AtomicReference<ToServerKind> answer = new AtomicReference<>();
        Answers listener = new Answers(answer);
        assertThat(engine.tunnel(place(id), listener)).isPresent();
        runner.wantsSleep(id);
        await().until(() -> listener.gone);
        assertThat(engine.load().tunnels()).isZero();
    }

    @Test
    void nobodyIsSentToAnActorThatHasSaidItLeaves() throws ActorException {
        ScriptedRunner runner = runner();
        runner.stopsActors = false;
        ActorId sleeper = created("a", CrashPolicy.RESTART);
        ActorId ender = created("b", CrashPolicy.RESTART);
        ActorPlace place = place(sleeper);
        assertThat(place(ender)).isNotNull();
        try (ActorWatch sleepers = engine.watch(sleeper, new Listener()).orElseThrow();
                ActorWatch enders = engine.watch(ender, new Listener()).orElseThrow()) {
            runner.wantsSleep(sleeper); // and when that was read, be it durable or not
            assertThat(sleepers.place()).isEmpty();
            assertThat(sleepers.isEnding()).isFalse();
            assertThat(engine.tunnel(place, new Answers(new AtomicReference<>())))
                    .isEmpty();
            runner.wantsEnd(ender);
            assertThat(enders.place()).isEmpty();
            assertThat(enders.isEnding()).isTrue();
            awaitState(ender, Actor.Stopping.class);
            assertThat(enders.isEnding()).isTrue();
        }
    }

    @Test
    void keysAreUniqueUntilTheActorIsDestroyed() throws ActorException {
        runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        assertThatThrownBy(() -> created("a", CrashPolicy.RESTART)).isInstanceOfSatisfying(ActorException.class, e -> {
            assertThat(e.error()).isEqualTo(ActorError.DUPLICATE_KEY);
            assertThat(e.metadata()).containsEntry("existing_actor_id", id.value());
        });
        assertThat(engine.catalog()
                        .getOrCreate(request("a", CrashPolicy.RESTART))
                        .created())
                .isFalse();
        assertThat(engine.catalog().destroy(id)).isTrue();
        assertThat(engine.catalog().destroy(id)).isTrue();
        assertThat(created("a", CrashPolicy.RESTART)).isNotEqualTo(id);
        awaitState(id, Actor.Destroyed.class);
    }

    @Test
    void withoutAPoolOfThatNameThereIsNoActor() {
        assertThatThrownBy(() -> created("a", CrashPolicy.RESTART))
                .isInstanceOfSatisfying(
                        ActorException.class, e -> assertThat(e.error()).isEqualTo(ActorError.NO_RUNNER_CONFIG));
    }

    @Test
    void whatItKeepsIsThereInTheNextLifeAndGoneWithTheActor() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        List<byte[]> keys = List.of(bytes("k1"), bytes("k2"));
        assertThat(runner.kv(id, 0, new KvRequestData.Put(keys, List.of(bytes("v1"), bytes("v2")))))
                .isInstanceOf(KvResponseData.Put.class);
        runner.wantsSleep(id);
        awaitState(id, Actor.Sleeping.class);
        restart();
        ScriptedRunner again = runner();
        place(id);
        KvResponseData.Get got = (KvResponseData.Get) again.kv(id, 1, new KvRequestData.Get(keys));
        assertThat(got.values()).containsExactly(bytes("v1"), bytes("v2"));
        assertThat(engine.catalog().destroy(id)).isTrue();
        awaitState(id, Actor.Destroyed.class);
        await().until(() -> engine.catalog().kvGet(id, bytes("k1")).isEmpty());
    }

    @Test
    void anothersStoreIsRefused() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        ScriptedRunner other = new ScriptedRunner(engine, "other", "other", 1, 1);
        other.connect();
        assertThat(other.kv(id, 0, new KvRequestData.Drop()))
                .isEqualTo(new KvResponseData.Failed("actor does not belong to runner"));
        assertThat(runner.kv(id, 0, new KvRequestData.Put(List.of(new byte[3000]), List.of(new byte[1]))))
                .isInstanceOfSatisfying(
                        KvResponseData.Failed.class,
                        it -> assertThat(it.message()).contains("key is too long"));
    }

    @Test
    void aRunningActorIsFoundAgainByItsRunnerAfterARestart() throws ActorException {
        ScriptedRunner before = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        engine.close();
        store.close();
        start();
        assertThat(state(id)).isInstanceOf(Actor.Running.class);
        ScriptedRunner after = before.reconnectedTo(engine);
        await().until(() -> after.heard().stream().anyMatch(it -> it instanceof mayfly.runner.protocol.ToClient.Ping));
        assertThat(after.starts(id)).isZero();
        assertThat(place(id).generation()).isZero();
    }

    @Test
    void anActorWhoseRunnerDoesNotComeBackAfterARestartRunsElsewhere() throws ActorException {
        runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        restart();
        ScriptedRunner other = new ScriptedRunner(engine, "pool", "other", 1, 10);
        other.connect();
        await().until(() -> other.has(id));
        assertThat(other.generation(id)).isOne();
    }

    @Test
    void aKilledRunnersActorsRunElsewhereSoonOnceSomebodyAsks() throws ActorException {
        ScriptedRunner dying = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        dying.kill();
        ScriptedRunner other = new ScriptedRunner(engine, "pool", "other", 1, 10);
        other.connect();
        try (ActorWatch watch = engine.watch(id, new Listener()).orElseThrow()) {
            watch.wake();
            await().until(() -> other.has(id));
        }
        assertThat(state(id).life().retry().failures()).isOne();
    }

    @Test
    void aSilentRunnerIsLost() throws ActorException {
        ScriptedRunner silent = runner();
        ActorId id = created("a", CrashPolicy.SLEEP);
        place(id);
        silent.answersPings = false;
        awaitState(id, Actor.Sleeping.class);
        assertThat(state(id).life().failure()).containsInstanceOf(Failure.ConnectionLost.class);
        assertThat(silent.closedFor).contains("core.internal_error");
    }

    @Test
    void afterACutNothingIsStartedTwice() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        for (int i = 0; i < 5; i++) {
            runner.cut();
            runner.connect();
        }
        await().until(() -> !engine.runners().list(all()).isEmpty()
                && engine.runners().list(all()).getFirst().connected());
        assertThat(place(id).generation()).isZero();
        assertThat(runner.starts(id)).isOne();
    }

    @Test
    void anActorThatStoppedWhileTheSocketWasAwayIsNotBelievedToRun() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        runner.cut();
        runner.stopped(id, StopCode.ERROR); // said to nobody, and never again
        runner.connect();
        await().until(() -> state(id) instanceof Actor.Running it && it.place().generation() == 1);
    }

    @Test
    void aDrainedRunnersActorsMove() throws ActorException {
        ScriptedRunner first = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        ScriptedRunner second = new ScriptedRunner(engine, "pool", "second", 1, 10);
        second.connect();
        await().until(() -> engine.runners().list(all()).size() == 2);
        first.say(new ToServer.Stopping());
        await().until(() -> second.has(id));
        assertThat(second.generation(id)).isOne();
        await().until(() -> first.closedFor.contains("ws.eviction"));
    }

    @Test
    void alarmsWakeSleepersAlsoThoseThatCameDueWhileNobodyWasThere() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId soon = created("soon", CrashPolicy.RESTART);
        place(soon);
        runner.setsAlarm(soon, System.currentTimeMillis() + 200);
        runner.wantsSleep(soon);
        await().until(() -> runner.starts(soon) == 2);

        ActorId late = created("late", CrashPolicy.RESTART);
        place(late);
        runner.stopsActors = true;
        runner.setsAlarm(late, System.currentTimeMillis() + 600);
        runner.wantsSleep(late);
        awaitState(late, Actor.Sleeping.class);
        long due = state(late).life().alarmMillis().orElseThrow();
        stop();
        await().until(() -> System.currentTimeMillis() > due);
        start();
        ScriptedRunner again = runner();
        await().until(() -> again.has(late));
    }

    @Test
    void thoseWithoutRoomWaitInOrderAndGetTheSlotsThatComeFree() throws ActorException {
        ScriptedRunner runner = new ScriptedRunner(engine, "pool", "small", 1, 1);
        runner.connect();
        await().until(() -> engine.runners().list(all()).size() == 1);
        ActorId a = created("a", CrashPolicy.RESTART);
        ActorId b = created("b", CrashPolicy.RESTART);
        ActorId c = created("c", CrashPolicy.RESTART);
        awaitState(a, Actor.Running.class);
        awaitState(b, Actor.Pending.class);
        runner.wantsSleep(a);
        awaitState(b, Actor.Running.class);
        assertThat(state(c)).isInstanceOf(Actor.Pending.class);
        runner.wantsEnd(b);
        awaitState(c, Actor.Running.class);
    }

    @Test
    void aRunnerThatDrainsWhenItsNodeIsRestartedDrainsOn() throws ActorException {
        ScriptedRunner before = runner();
        before.stopsActors = false;
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        before.say(new ToServer.Stopping());
        awaitState(id, Actor.Stopping.class);
        engine.close();
        store.close();
        start();
        ScriptedRunner after = before.reconnectedTo(engine);
        after.stopsActors = false;
        await().until(() -> after.closedFor.contains("ws.eviction"));
        ScriptedRunner other = new ScriptedRunner(engine, "pool", "other", 1, 10);
        other.connect();
        await().until(() -> other.has(id));
        assertThat(after.starts(id)).isZero();
    }

    /** Clients send a read without waiting for the writes before it. */
    @Test
    void aReadSeesTheWritesThatWereSentBeforeIt() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        List<byte[]> key = List.of(bytes("k"));
        for (int i = 0; i < 100; i += 2) {
            byte[] value = bytes("v" + i);
            KvRequestData put = new KvRequestData.Put(key, List.of(value));
            runner.say(new ToServer.KvRequest(id.value(), i, put));
            KvResponseData.Get got = (KvResponseData.Get) runner.kv(id, i + 1, new KvRequestData.Get(key));
            assertThat(got.values()).containsExactly(value);
        }
    }

    /** The command to stop an earlier stay was lost, or its runner mistaken: it would run for ever beside the next. */
    @Test
    void aStayThatIsOverIsToldToStopBesideTheOneThatRuns() throws ActorException {
        ScriptedRunner runner = runner();
        ActorId id = created("a", CrashPolicy.RESTART);
        place(id);
        runner.wantsSleep(id);
        awaitState(id, Actor.Sleeping.class);
        assertThat(place(id).generation()).isOne();
        assertThat(runner.stops(id)).isOne();
        ActorCheckpoint earlier = new ActorCheckpoint(id.value(), 0, 7);
        Event runs = new Event.StateUpdate(new ActorState.Running());
        runner.say(new ToServer.Events(List.of(new EventWrapper(earlier, runs))));
        await().until(() -> runner.stops(id) == 2);
        assertThat(runner.stopped(id)).containsExactly(0L, 0L);
        assertThat(state(id)).isInstanceOf(Actor.Running.class);
    }

    @Test
    void aRunnerThatDoesNotSayWhoItIsIsClosed() throws ActorException {
        ScriptedRunner mute = new ScriptedRunner(engine, "pool", "mute", 1, 1);
        engine.connect(new RunnerHello("default", "mute", 7, Optional.empty()), mute.link());
        await().until(() -> mute.closedFor.contains("ws.timed_out_waiting_for_init"));
    }
}
