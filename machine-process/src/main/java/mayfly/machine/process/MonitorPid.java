package mayfly.machine.process;

import java.util.Optional;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Pidfd;
import mayfly.linux.ProcessIdentity;

/**
 * A process as a monitor wrote it down.
 *
 * @param pid 0 for none
 * @param startTicks when it started, in clock ticks since boot
 */
record MonitorPid(int pid, long startTicks) {
    /**
     * Takes hold of the process, if it is still the one that was meant: opened first and compared then, so that the
     * number cannot pass to another process in between.
     *
     * @param boot the run of the machine in which it was written down
     */
    Optional<Pidfd> open(String boot) throws ErrnoException {
        if (pid == 0 || !boot.equals(ProcessIdentity.currentBootId())) {
            return Optional.empty();
        }
        Pidfd opened;
        try {
            opened = Pidfd.open(pid);
        } catch (ErrnoException e) {
            // EINVAL, ENOENT: the number is a thread's now, so it is no longer the process.
            if (e.errno() == Errno.ESRCH || e.errno() == Errno.EINVAL || e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
        boolean same = ProcessIdentity.of(pid)
                .filter(now -> now.startTicks() == startTicks)
                .isPresent();
        if (!same) {
            opened.close();
            return Optional.empty();
        }
        return Optional.of(opened);
    }
}
