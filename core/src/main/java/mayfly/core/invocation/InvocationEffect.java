package mayfly.core.invocation;

/** What an invocation asks its shell to do, in order. */
public sealed interface InvocationEffect {
    /** Write the state into the record. */
    record Persist(Durability durability) implements InvocationEffect {}

    /** Get a machine and have the call served; answer Started, then how it ended, or Refused. */
    record Run(int run) implements InvocationEffect {}

    /** Give up the run's ticket or kill its machine; nothing is expected back. */
    record Stop(int run) implements InvocationEffect {}

    /** Send RetryDue at that time. */
    record RetryAt(int run, long atMillis) implements InvocationEffect {}

    /** Tell the caller. */
    record Answer(Reply reply) implements InvocationEffect {}

    /** How much a record matters. */
    enum Durability {
        /** Written with the next group; skipped when a later record of the same invocation is queued already. */
        RELAXED,
        /** The effects after it run when it is durable; when it fails they are dropped and RecordFailed is sent. */
        HELD
    }

    /** What a caller hears. */
    sealed interface Reply {
        /** 202: it will run. */
        record Accepted() implements Reply {}

        /** It ended so. */
        record Done(Verdict verdict) implements Reply {}
    }
}
