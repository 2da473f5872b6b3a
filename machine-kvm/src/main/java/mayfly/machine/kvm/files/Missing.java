package mayfly.machine.kvm.files;

/** Stands where there is no file, and says why. */
final class Missing extends Node {
    private static final Missing[] KNOWN = new Missing[134];

    static {
        for (int errno = 1; errno < KNOWN.length; errno++) {
            KNOWN[errno] = new Missing(-errno);
        }
    }

    private final long error;

    private Missing(long error) {
        this.error = error;
    }

    /** @param error a negative errno */
    static Missing of(long error) {
        return KNOWN[(int) -error];
    }

    @Override
    long error() {
        return error;
    }

    @Override
    int type(FileTree tree) {
        return 0;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        return error;
    }

    @Override
    long access(FileTree tree, int wanted) {
        return error;
    }

    @Override
    String path(FileTree tree) {
        return "/";
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return Opened.failed(error);
    }

    @Override
    Node child(FileTree tree, String name) {
        return this;
    }
}
