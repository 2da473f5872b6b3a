package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** Signals that were sent and not delivered. Of those below 32 one of each, of the others all, in their order. */
final class PendingSignals {
    /** As RLIMIT_SIGPENDING says. */
    static final int MAX = 1024;

    static final int FIRST_QUEUED = 32;

    /** Raised by an instruction, and delivered before all others: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
    static final long SYNCHRONOUS =
            Signals.bit(4) | Signals.bit(5) | Signals.bit(7) | Signals.bit(8) | Signals.bit(11) | Signals.bit(31);

    private final List<SignalInfo> queue = new ArrayList<>();
    private long bits;

    /** False: there are too many. */
    boolean add(SignalInfo info) {
        long bit = Signals.bit(info.signal());
        if (info.signal() < FIRST_QUEUED && (bits & bit) != 0) {
            return true; // it is one signal
        }
        if (queue.size() >= MAX) {
            return false;
        }
        queue.add(info);
        bits |= bit;
        return true;
    }

    /** One bit for each signal. */
    long bits() {
        return bits;
    }

    /** Takes the next one of a set: those of instructions first, then the lowest; null when there is none. */
    @Nullable
    SignalInfo take(long set) {
        long wanted = bits & set;
        if (wanted == 0) {
            return null;
        }
        long urgent = wanted & SYNCHRONOUS;
        int signal = Long.numberOfTrailingZeros(urgent != 0 ? urgent : wanted) + 1;
        SignalInfo found = null;
        boolean more = false;
        for (Iterator<SignalInfo> all = queue.iterator(); all.hasNext(); ) {
            SignalInfo info = all.next();
            if (info.signal() != signal) {
                continue;
            }
            if (found == null) {
                found = info;
                all.remove();
            } else {
                more = true;
                break;
            }
        }
        if (!more) {
            bits &= ~Signals.bit(signal);
        }
        return found;
    }

    /** Forgets those of a set. */
    void drop(long set) {
        if ((bits & set) != 0) {
            queue.removeIf(info -> (Signals.bit(info.signal()) & set) != 0);
            bits &= ~set;
        }
    }

    void save(StateOut out) throws UnsavableException {
        out.number(queue.size());
        for (SignalInfo info : queue) {
            out.number(info.signal());
            out.block(info.toBytes());
        }
    }

    static PendingSignals load(StateIn in) throws DamagedException {
        PendingSignals pending = new PendingSignals();
        int count = in.count(MAX, "pending signals");
        for (int i = 0; i < count; i++) {
            int signal = in.number(1, Signals.LAST, "a signal");
            var _ = pending.add(SignalInfo.given(signal, in.exactly(SignalInfo.BYTES, "what is told of a signal")));
        }
        return pending;
    }

    PendingSignals copy() {
        PendingSignals copy = new PendingSignals();
        copy.queue.addAll(queue);
        copy.bits = bits;
        return copy;
    }
}
