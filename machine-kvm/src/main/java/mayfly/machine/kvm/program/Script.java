package mayfly.machine.kvm.program;

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
     */
    @SuppressWarnings("ArrayRecordComponent") // never changed
    record Call(int number, long[] arguments, List<Piece> inputs) {
        Call {
            inputs = List.copyOf(inputs);
        }
    }
}
