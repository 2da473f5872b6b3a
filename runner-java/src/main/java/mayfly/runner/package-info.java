/**
 * Owns the Java side of actors: a {@link mayfly.runner.Runner} connects to an engine, which starts
 * {@link mayfly.runner.Actor}s in it and sends them requests. Refuses everything that an engine decides: where an actor
 * runs, when it sleeps, who may call it.
 *
 * <pre>{@code
 * class Counter implements Actor {
 *     private final ActorContext self;
 *     private int count;
 *
 *     Counter(ActorContext self) {
 *         this.self = self;
 *         count = self.state().map(state -> ByteBuffer.wrap(state).getInt()).orElse(0);
 *     }
 *
 *     public Response onRequest(Request request) throws IOException {
 *         self.save(ByteBuffer.allocate(4).putInt(++count).array());
 *         return Response.text("count " + count);
 *     }
 * }
 *
 * RunnerSpec spec = RunnerSpec.of("http://127.0.0.1:6420", "counters").withSlots(1000);
 * try (Runner runner = Runner.connect(spec, Counter::new)) {
 *     runner.awaitEnd();
 * }
 * }</pre>
 *
 * <p>Each actor has a virtual thread of its own, on which everything of it is called, one event after the other: an actor
 * needs no locks and may block. What is to run beside the actor says so: {@link mayfly.runner.Response#later} and
 * {@link mayfly.runner.Response#streamed}.
 */
package mayfly.runner;
