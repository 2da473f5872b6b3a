package mayfly.node;

import java.time.Duration;
import java.util.Locale;
import mayfly.base.InvocationId;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.Refusal;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import org.jspecify.annotations.Nullable;

/** One try at a call: a machine from the pool, the work in it, the machine back to the pool. */
sealed interface Attempt {
    /** There was no machine; nothing ran. */
    record NoMachine(Refusal refusal) implements Attempt {}

    /** The work reached a machine. */
    record Ran(
            Outcome outcome,
            PoolEffect.Start kind,
            String machine,
            @Nullable String logs) implements Attempt {
        /** "warm", "forked" or "cold". */
        String start() {
            return kind.name().toLowerCase(Locale.ROOT);
        }
    }

    /** Told when the call has its machine, before the work begins. */
    @FunctionalInterface
    interface Begun {
        void on(PoolEffect.Start start, String machine);
    }

    /**
     * Blocks until the call ended or its time is up.
     *
     * @param deadlineNanos of the clock, until which it waits for a machine
     */
    static Attempt make(
            Deployed function, InvocationId id, byte[] payload, boolean json, long deadlineNanos, Begun begun) {
        PoolShell pool = function.pool();
        return switch (pool.acquire(deadlineNanos)) {
            case PoolShell.Answer.Refused(var refusal) -> new NoMachine(refusal);
            case PoolShell.Answer.Granted(var lease) -> {
                LogBuffer logs = new LogBuffer();
                String machine = lease.machine().id().value();
                boolean healthy = false;
                try {
                    begun.on(lease.start(), machine);
                    Duration timeout = Duration.ofMillis(function.spec().timeoutMs());
                    Outcome outcome = lease.machine().exec(new Work(id, payload, json, timeout, logs));
                    healthy = outcome instanceof Outcome.Success || outcome instanceof Outcome.HandlerError;
                    yield new Ran(outcome, lease.start(), machine, logs.text());
                } finally {
                    pool.release(lease, healthy);
                }
            }
        };
    }
}
