package mayfly.core.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mayfly.core.Property;
import mayfly.core.Property.Draw;
import mayfly.core.Step;
import mayfly.core.request.Request.Answering;
import mayfly.core.request.Request.End;
import mayfly.core.request.Request.Ended;
import mayfly.core.request.Request.Looking;
import mayfly.core.request.Request.Pausing;
import mayfly.core.request.Request.Sent;
import mayfly.core.request.Request.Waiting;
import mayfly.core.request.RequestEffect.Abort;
import mayfly.core.request.RequestEffect.Cut;
import mayfly.core.request.RequestEffect.Fail;
import mayfly.core.request.RequestEffect.Forget;
import mayfly.core.request.RequestEffect.Look;
import mayfly.core.request.RequestEffect.LookAtPool;
import mayfly.core.request.RequestEffect.Send;
import mayfly.core.request.RequestEffect.Wake;
import mayfly.core.request.RequestEvent.Aborted;
import mayfly.core.request.RequestEvent.Absent;
import mayfly.core.request.RequestEvent.AnswerEnded;
import mayfly.core.request.RequestEvent.Answered;
import mayfly.core.request.RequestEvent.ClientLeft;
import mayfly.core.request.RequestEvent.Destroyed;
import mayfly.core.request.RequestEvent.Ending;
import mayfly.core.request.RequestEvent.Here;
import mayfly.core.request.RequestEvent.Missed;
import mayfly.core.request.RequestEvent.NotReady;
import mayfly.core.request.RequestEvent.PoolLooked;
import mayfly.core.request.RequestEvent.Ready;
import mayfly.core.request.RequestEvent.Reconnected;
import mayfly.core.request.RequestEvent.Refused;
import mayfly.core.request.RequestEvent.Stopped;
import mayfly.core.request.RequestEvent.Tick;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestStepTest {
    private static final Requests HTTP = new Requests(RequestTimes.HTTP);
    private static final Waiting WAITING = new Waiting(1, 1, -1, 30_100, 1_100);
    private static final Sent SENT = new Sent(1, 5, 300_100);
    private static final Answering ANSWERING = new Answering(1, 5);

    static Stream<Arguments> table() {
        return Stream.of(looks(), waits(), misses(), answers(), pauses(), streams(), ends())
                .flatMap(it -> it);
    }

    private static Stream<Arguments> looks() {
        Looking looking = new Looking(1);
        return Stream.of(
                arguments(looking, new Here(5, 100), step(SENT, new Send(5))),
                arguments(looking, new NotReady(100), step(WAITING, new Wake())),
                arguments(looking, new Ending(100), step(new Pausing(1, 100 + RequestTimes.HTTP.pauseAfter(1)))),
                arguments(new Looking(7), new Ending(100), failed(RequestFailure.ATTEMPTS_EXCEEDED)),
                arguments(looking, new Absent(), failed(RequestFailure.NO_ACTOR)),
                arguments(looking, new Destroyed(), failed(RequestFailure.NO_ACTOR)),
                arguments(looking, new ClientLeft(), step(new Ended(End.CLIENT_LEFT))),
                arguments(looking, new Ready(5, 100), step(looking)),
                arguments(looking, new Stopped(5, 100), step(looking)));
    }

    private static Stream<Arguments> waits() {
        Waiting stopped = new Waiting(1, 2, 4, 30_100, 1_100);
        Waiting woken = new Waiting(1, 8, 4, 30_100, 1_100);
        return Stream.of(
                arguments(WAITING, new Ready(5, 100), step(SENT, new Send(5))),
                arguments(WAITING, new Stopped(4, 200), step(stopped, new Wake())),
                arguments(stopped, new Stopped(4, 300), step(stopped)), // told twice
                arguments(stopped, new Ready(4, 300), step(stopped)), // old news
                arguments(woken, new Stopped(5, 300), failed(RequestFailure.STOPS_WHEN_WOKEN)),
                arguments(WAITING, new Destroyed(), failed(RequestFailure.DESTROYED_WHILE_WAITING)),
                arguments(WAITING, new Tick(1_099), step(WAITING)),
                arguments(WAITING, new Tick(1_100), step(new Waiting(1, 1, -1, 30_100, 3_100), new LookAtPool())),
                arguments(WAITING, new PoolLooked(true), failed(RequestFailure.POOL_FAILS)),
                arguments(WAITING, new PoolLooked(false), step(WAITING)),
                arguments(WAITING, new Tick(30_100), failed(RequestFailure.NOT_READY)),
                arguments(WAITING, new Stopped(4, 30_100), failed(RequestFailure.NOT_READY)),
                arguments(WAITING, new ClientLeft(), step(new Ended(End.CLIENT_LEFT))),
                arguments(WAITING, new Answered(true), step(WAITING)),
                arguments(WAITING, new Aborted(200), step(WAITING)));
    }

    private static Stream<Arguments> misses() {
        Sent last = new Sent(7, 5, 300_100);
        return Stream.of(
                arguments(SENT, new Missed(5, 100), step(new Waiting(2, 1, 5, 30_100, 1_100), new Wake())),
                arguments(SENT, new Missed(4, 100), step(SENT)),
                arguments(last, new Missed(5, 100), failed(RequestFailure.ATTEMPTS_EXCEEDED)));
    }

    private static Stream<Arguments> answers() {
        Sent third = new Sent(3, 5, 300_100);
        Sent last = new Sent(7, 5, 300_100);
        return Stream.of(
                arguments(SENT, new Answered(true), step(new Ended(End.ANSWERED), new Forget())),
                arguments(SENT, new Answered(false), step(ANSWERING)),
                arguments(SENT, new Stopped(5, 1_000), step(new Pausing(1, 1_150), new Forget())),
                arguments(SENT, new Stopped(4, 1_000), step(SENT)),
                arguments(third, new Stopped(5, 1_000), step(new Pausing(3, 1_600), new Forget())),
                arguments(last, new Stopped(5, 1_000), failed(RequestFailure.ATTEMPTS_EXCEEDED, new Forget())),
                arguments(SENT, new Aborted(1_000), step(new Pausing(1, 1_150), new Forget())),
                arguments(SENT, new Refused(), failed(RequestFailure.REFUSED, new Forget())),
                arguments(SENT, new Destroyed(), failed(RequestFailure.NO_ACTOR, new Abort())),
                arguments(SENT, new Tick(300_099), step(SENT)),
                arguments(SENT, new Tick(300_100), step(new Pausing(1, 300_250), new Abort())),
                arguments(last, new Tick(300_100), failed(RequestFailure.ATTEMPTS_EXCEEDED, new Abort())),
                arguments(SENT, new Reconnected(3_000, 1_000), step(new Sent(1, 5, 4_000))),
                arguments(SENT, new Reconnected(3_000, 299_000), step(SENT)),
                arguments(SENT, new ClientLeft(), step(new Ended(End.CLIENT_LEFT), new Abort())),
                arguments(SENT, new Ready(5, 1_000), step(SENT)));
    }

    private static Stream<Arguments> pauses() {
        Pausing pausing = new Pausing(2, 500);
        return Stream.of(
                arguments(pausing, new Tick(499), step(pausing)),
                arguments(pausing, new Tick(500), step(new Looking(3), new Look())),
                arguments(pausing, new Stopped(5, 400), step(pausing)),
                arguments(pausing, new Answered(true), step(pausing)),
                arguments(pausing, new Destroyed(), failed(RequestFailure.NO_ACTOR)),
                arguments(pausing, new ClientLeft(), step(new Ended(End.CLIENT_LEFT))));
    }

    private static Stream<Arguments> streams() {
        return Stream.of(
                arguments(ANSWERING, new AnswerEnded(), step(new Ended(End.ANSWERED), new Forget())),
                arguments(ANSWERING, new Stopped(5, 0), step(new Ended(End.CUT), new Forget(), new Cut())),
                arguments(ANSWERING, new Stopped(4, 0), step(ANSWERING)),
                arguments(ANSWERING, new Aborted(0), step(new Ended(End.CUT), new Forget(), new Cut())),
                arguments(ANSWERING, new ClientLeft(), step(new Ended(End.CLIENT_LEFT), new Abort())),
                arguments(ANSWERING, new Reconnected(3_000, 0), step(ANSWERING)),
                arguments(ANSWERING, new Destroyed(), step(ANSWERING)),
                arguments(ANSWERING, new Answered(true), step(ANSWERING)),
                arguments(ANSWERING, new Tick(1L << 60), step(ANSWERING)));
    }

    private static Stream<Arguments> ends() {
        return Stream.of(End.values())
                .map(Ended::new)
                .flatMap(end -> Stream.of(new Tick(1L << 60), new ClientLeft(), new Ready(9, 9), new Answered(true))
                        .map(event -> arguments(end, event, step(end))));
    }

    @ParameterizedTest
    @MethodSource("table")
    void follows(Request request, RequestEvent event, Step<Request, RequestEffect> step) {
        assertThat(HTTP.step(request, event)).isEqualTo(step);
    }

    @Test
    void aWebSocketIsToOpenInFifteenSeconds() {
        assertThat(new Requests(RequestTimes.WEB_SOCKET)
                        .step(new Looking(1), new Here(5, 100))
                        .state())
                .isEqualTo(new Sent(1, 5, 15_100));
    }

    @Test
    void pausesDouble() {
        List<Long> pauses = new ArrayList<>();
        for (int attempt = 1; attempt < 7; attempt++) {
            Request after =
                    HTTP.step(new Sent(attempt, 5, 300_100), new Aborted(0)).state();
            pauses.add(((Pausing) after).untilMillis());
        }
        assertThat(pauses).containsExactly(150L, 300L, 600L, 1_200L, 2_400L, 4_800L);
    }

    // ---- properties: a whole life of a request among true and stale news

    @Test
    void everyRequestEndsAndIsAnsweredAtMostOnce() {
        Property.holds(2_000, draw -> {
            Life life = new Life(draw);
            for (int i = 0; i < 200 && !(life.request instanceof Ended); i++) {
                life.feed(anyEvent(draw, life.now));
            }
            life.runOut();
            assertThat(life.request).isInstanceOf(Ended.class);
            assertThat(life.fails + life.whole + life.begun).isLessThanOrEqualTo(1);
            assertThat(life.sends).isLessThanOrEqualTo(RequestTimes.HTTP.attemptsMax());
            assertThat(life.open).isZero();
        });
    }

    @Test
    void newsOfEarlierGenerationsChangesNothing() {
        Property.holds(1_000, draw -> {
            long generation = draw.between(1, 100);
            long older = draw.between(0, (int) generation - 1);
            Request request = draw.oneOf(
                    new Sent(draw.between(1, 7), generation, 1_000),
                    new Answering(draw.between(1, 7), generation),
                    new Waiting(draw.between(1, 7), draw.between(1, 8), generation, 1_000, 500));
            RequestEvent event = draw.oneOf(new Stopped(older, 100), new Ready(older, 100));
            assertThat(HTTP.step(request, event)).isEqualTo(Step.stay(request));
        });
    }

    @Test
    void aStepRepeatsItself() {
        Property.holds(500, draw -> {
            Request request = draw.oneOf(new Looking(2), WAITING, SENT, ANSWERING, new Pausing(3, 500));
            RequestEvent event = anyEvent(draw, draw.between(0, 400_000));
            assertThat(HTTP.step(request, event)).isEqualTo(HTTP.step(request, event));
        });
    }

    /** Keeps a request, does what it asks for as an actor might, and counts what must be bounded. */
    private static final class Life {
        private final Draw draw;
        private Request request;
        private long now = 1_000;
        private long generation;
        private int fails;
        private int whole;
        private int begun;
        private int sends;
        private int open;

        Life(Draw draw) {
            this.draw = draw;
            Step<Request, RequestEffect> begin = HTTP.begin();
            request = begin.state();
            begin.effects().forEach(this::act);
        }

        void feed(RequestEvent event) {
            now += draw.between(0, 400);
            draw.tell(request + " <- " + event);
            boolean waited = request instanceof Sent;
            Step<Request, RequestEffect> step = HTTP.step(request, event);
            request = step.state();
            begun += waited && request instanceof Answering ? 1 : 0;
            whole += waited && request.equals(new Ended(End.ANSWERED)) ? 1 : 0;
            step.effects().forEach(this::act);
        }

        /** Only time passes; and an answer that has begun ends. */
        void runOut() {
            for (int i = 0; i < 1_000 && !(request instanceof Ended); i++) {
                if (request instanceof Answering) {
                    feed(new AnswerEnded());
                } else {
                    now = Math.max(now, request.dueMillis());
                    feed(new Tick(now));
                }
            }
        }

        private void act(RequestEffect effect) {
            switch (effect) {
                case Look _ -> feed(draw.chance(50) ? new Here(++generation, now) : new NotReady(now));
                case LookAtPool _ -> feed(new PoolLooked(draw.chance(10)));
                case Send _ -> {
                    sends++;
                    open++;
                    assertThat(open).isOne();
                    if (draw.chance(10) && request instanceof Sent sent) {
                        open--;
                        feed(new Missed(sent.generation(), now));
                    }
                }
                case Abort _, Forget _ -> open--;
                case Fail _ -> fails++;
                case Wake _, Cut _ -> {}
            }
        }
    }

    private static RequestEvent anyEvent(Draw draw, long now) {
        long generation = draw.between(0, 12);
        return switch (draw.between(0, 12)) {
            case 0, 1 -> new Ready(generation, now);
            case 2, 3, 4 -> new Stopped(generation, now);
            case 5 -> new Answered(draw.chance(50));
            case 6 -> new AnswerEnded();
            case 7 -> new Aborted(now);
            case 8 -> draw.chance(50) ? new PoolLooked(false) : new Reconnected(draw.between(0, 20_000), now);
            case 9 -> draw.chance(10) ? new Destroyed() : new Tick(now);
            case 10 -> draw.chance(10) ? new Refused() : new Tick(now);
            case 11 -> draw.chance(10) ? new ClientLeft() : new Tick(now);
            default -> new Tick(now);
        };
    }

    // ---- the checker says no

    static Stream<Arguments> wrong() {
        Request ended = new Ended(End.FAILED);
        return Stream.of(
                arguments("G1", ended, new Tick(0), step(new Looking(1), new Look())),
                arguments("G1", ended, new Tick(0), step(ended, new Fail(RequestFailure.NO_ACTOR))),
                arguments("G2", WAITING, new Tick(0), step(new Looking(2))),
                arguments("G3", WAITING, new Tick(0), step(ended)),
                arguments("G3", WAITING, new Tick(0), step(WAITING, new Fail(RequestFailure.NOT_READY))),
                arguments("G4", ANSWERING, new Tick(0), step(new Pausing(1, 5), new Forget())),
                arguments("G4", ANSWERING, new Tick(0), step(new Ended(End.CUT), new Forget())),
                arguments("G5", SENT, new Tick(0), step(new Pausing(8, 5), new Forget())),
                arguments("G5", WAITING, new Tick(0), step(new Waiting(1, 9, 1, 5, 5), new Wake())),
                arguments("G6", SENT, new Tick(0), step(new Pausing(1, 5))),
                arguments("G6", SENT, new Tick(0), step(SENT, new Send(5))),
                arguments("G6", WAITING, new Tick(0), step(SENT)));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void theInvariantsSayNo(String rule, Request before, RequestEvent event, Step<Request, RequestEffect> step) {
        assertThatThrownBy(() -> RequestInvariants.hold(RequestTimes.HTTP, before, event, step))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(rule);
    }

    private static Step<Request, RequestEffect> step(Request state, RequestEffect... effects) {
        return new Step<>(state, List.of(effects));
    }

    private static Step<Request, RequestEffect> failed(RequestFailure failure, RequestEffect... before) {
        List<RequestEffect> effects = new ArrayList<>(List.of(before));
        effects.add(new Fail(failure));
        return new Step<>(new Ended(End.FAILED), effects);
    }
}
