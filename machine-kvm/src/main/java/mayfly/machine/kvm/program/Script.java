package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.List;
import mayfly.machine.kvm.cpu.AnswerPages.Piece;

/**
 * The first calls that a program made in a unit of work: since it begins the next one in the same state, it will make the
 * same ones again, unless it goes by the time or by chance.
 *
 * @param thread id of the thread that made them
 * @param calls in order
 * @param whole what came behind them cannot be foretold; else it may be, and was not known
 */
record Script(int thread, List<Call> calls, boolean whole) {
    Script {
        calls = List.copyOf(calls);
    }

    /**
     * A call as it was made.
     *
     * @param arguments all six
     * @param inputs what it read of the program's memory, in order
     * @param outputs what it wrote there, in order; only of polls
     */
    @SuppressWarnings("ArrayRecordComponent") // never changed
    record Call(int number, long[] arguments, List<Piece> inputs, long result, List<Piece> outputs) {
        Call {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }

        /** Whether a program that gets this goes on as it did then. */
        boolean isLike(long otherResult, List<Piece> otherOutputs) {
            if (Foreseeable.reads(number)) {
                return true; // what is in it comes to the program from outside, which is where scripts end
            }
            return result == otherResult && (!Foreseeable.polls(number) || Piece.areSame(outputs, otherOutputs));
        }
    }

    /** Its first calls, the last of them with another outcome. */
    Script until(int count, Call last) {
        List<Call> first = new ArrayList<>(calls.subList(0, count));
        first.add(last);
        return new Script(thread, first, false);
    }
}
