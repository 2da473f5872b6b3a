package mayfly.machine.kvm;

import java.io.ByteArrayOutputStream;
import mayfly.base.Limits;
import mayfly.machine.GuestError;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import org.jspecify.annotations.Nullable;

/** With a plain program: the payload on its standard input, the result on its standard output, exit status 0. */
final class StreamConversation implements Conversation {
    private static final int LOG_BYTES_MAX = Limits.INVOCATION_LOG_BYTES_MAX;

    private final ByteArrayOutputStream result = new ByteArrayOutputStream();
    private boolean json;
    private long begun;
    private boolean tooLarge;
    private Runnable stop = () -> {};

    @Override
    public boolean begin(Descriptors descriptors, Work work, Runnable newStop) {
        result.reset();
        json = work.json();
        tooLarge = false;
        begun = System.nanoTime();
        stop = newStop;
        if (descriptors.get(0) instanceof Channel input) {
            input.give(work.payload());
            input.end();
        }
        if (descriptors.get(1) instanceof Channel output) {
            output.setReceiver(this::output);
        }
        if (descriptors.get(2) instanceof Channel errors) {
            int[] left = {LOG_BYTES_MAX};
            errors.setReceiver((bytes, count) -> {
                int kept = Math.min(count, left[0]);
                left[0] -= kept;
                if (kept > 0) {
                    work.logs().log(2, java.util.Arrays.copyOf(bytes, kept));
                }
            });
        }
        return true;
    }

    private void output(byte[] bytes, int count) {
        if (result.size() + count > Limits.PAYLOAD_BYTES_MAX) {
            tooLarge = true;
            stop.run();
        } else {
            result.write(bytes, 0, count);
        }
    }

    @Override
    public @Nullable Outcome outcome() {
        return tooLarge ? failed("ResultTooLarge", "the result is larger than 6 MiB") : null;
    }

    @Override
    public Outcome exited(int code) {
        if (code != 0) {
            return failed("ExitError", "exit status " + code);
        }
        byte[] bytes = result.toByteArray();
        return new Outcome.Success(bytes, json && JsonText.isJson(bytes), micros());
    }

    private Outcome failed(String type, String message) {
        return new Outcome.HandlerError(new GuestError(type, message, "", "", 0), micros());
    }

    private long micros() {
        return (System.nanoTime() - begun) / 1000;
    }
}
