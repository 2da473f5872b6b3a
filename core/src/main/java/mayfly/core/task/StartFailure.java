package mayfly.core.task;

/** Says in words why a command could not be executed. */
final class StartFailure {
    private StartFailure() {}

    /** @param stage as in {@link Sight.ExecFailed} */
    static String reason(String stage, int errno) {
        String what = switch (stage) {
            case "execve" -> "the program cannot be executed";
            case "chdir" -> "the working directory cannot be entered";
            case "memory" -> "the memory limit cannot be set";
            case "fork" -> "no process can be made";
            default -> stage;
        };
        return what + ": " + words(errno);
    }

    // Linux, asm-generic/errno-base.h and errno.h: those that users meet; the number tells the others
    private static String words(int errno) {
        String words = switch (errno) {
            case 1 -> "operation not permitted, ";
            case 2 -> "no such file or directory, ";
            case 7 -> "the arguments are too long, ";
            case 8 -> "not a program for this machine, ";
            case 11 -> "no more processes are allowed, ";
            case 12 -> "not enough memory, ";
            case 13 -> "permission denied, ";
            case 20 -> "a part of the path is no directory, ";
            case 26 -> "the file is being written, ";
            case 28 -> "the disk is full, ";
            case 36 -> "the name is too long, ";
            case 40 -> "too many symbolic links, ";
            default -> "";
        };
        return words + "errno " + errno;
    }
}
