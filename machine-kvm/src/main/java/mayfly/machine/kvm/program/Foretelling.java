package mayfly.machine.kvm.program;

import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.cpu.AnswerPages;
import mayfly.machine.kvm.cpu.Exit;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of one unit of work. The calls that the program is expected to make first are answered before it runs, so
 * that it does not leave the processor for each; or they are taken down for the next time. If it makes others, or somebody
 * else must run before it made them all, it {@link #isMissed}: nobody outside has seen anything of this unit of work, and
 * it is begun again from the snapshot.
 */
final class Foretelling {
    private final Foresight foresight;
    private final Runnable onSettled;
    private @Nullable Script expected;
    /** What it did so far, if all of it went as expected and more may be foretold. */
    private @Nullable Script unfinished;

    private @Nullable ScriptRecorder recorder;
    private @Nullable AnswerPages pages;
    private boolean missed;

    /** @param onSettled runs when it cannot be missed any more */
    Foretelling(Foresight foresight, Runnable onSettled) {
        this.foresight = foresight;
        this.onSettled = onSettled;
        switch (foresight.plan()) {
            case Foresight.Plan.Plain _ -> {}
            case Foresight.Plan.Learn _ -> recorder = new ScriptRecorder();
            case Foresight.Plan.Expect(var script) -> expected = script;
        }
        if (expected == null) {
            onSettled.run();
        }
    }

    /** Something is left to be done. */
    boolean isUnderWay() {
        return expected != null || recorder != null || pages != null;
    }

    boolean isMissed() {
        return missed;
    }

    /** The thread is about to run. */
    void before(Program program, GuestThread thread) throws ErrnoException {
        Script script = expected;
        if (script == null) {
            return;
        }
        expected = null;
        boolean goesByTime = program.cpu().clock().isOld(); // it will ask for the time by a call of its own
        if (goesByTime || script.thread() != thread.id || !program.cpu().takesAnswers()) {
            onSettled.run();
            return;
        }
        AnswerPages written = new AnswerPages(program.space().memory());
        Rehearsal rehearsal = new Rehearsal(program, thread, written);
        if (rehearsal.run(script)) {
            written.open();
            pages = written;
            unfinished = rehearsal.unfinished();
        } else {
            miss();
        }
    }

    /** The program left the processor; {@link #isMissed} may be true from here on. */
    void after(Exit exit) {
        AnswerPages open = pages;
        if (open == null || (exit == Exit.EXCEPTION && open.areLeft())) { // a page fault: it goes on
            return;
        }
        pages = null;
        if (open.areLeft()) {
            miss();
        } else {
            foresight.hit();
            onSettled.run();
            recorder = unfinished == null ? null : new ScriptRecorder(unfinished);
        }
    }

    private void miss() {
        missed = true;
        foresight.miss();
    }

    /** Answers a call that the program made. */
    long answer(Program program, CallTable.Entry entry, GuestThread thread) throws ErrnoException {
        ScriptRecorder taking = recorder;
        if (taking == null) {
            return entry.handler().call(program, thread.arguments);
        }
        try {
            return taking.answer(program, entry, thread);
        } finally {
            if (taking.isOver()) {
                recorder = null;
                foresight.learned(taking.script());
            }
        }
    }
}
