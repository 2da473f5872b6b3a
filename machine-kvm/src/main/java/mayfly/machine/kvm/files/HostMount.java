package mayfly.machine.kvm.files;

import mayfly.linux.Credentials;
import mayfly.linux.HostDirectory;
import mayfly.linux.HostStatus;

/**
 * A directory of the host that programs see at a path, read-only. Shared by all machines of a view.
 *
 * @param guestPath absolute, without a slash at its end
 */
record HostMount(HostDirectory directory, String guestPath, HostFiles files) {
    private static final int USER = Credentials.effectiveUid();
    private static final boolean ROOT = USER == 0;
    private static final int ALL_READ = 0444;
    private static final int OTHERS_READ = 0004;
    private static final int ALL_SEARCH = 0111;
    private static final int OTHERS_SEARCH = 0001;

    /**
     * Whether the program may read (or search) a file. The kernel decides when it is opened; but when we are root it
     * would allow everything, and then others' rights decide.
     */
    static boolean readable(HostStatus status) {
        return (status.mode() & (ROOT ? OTHERS_READ : ALL_READ)) != 0;
    }

    static boolean searchable(HostStatus status) {
        return (status.mode() & (ROOT ? OTHERS_SEARCH : ALL_SEARCH)) != 0;
    }

    /** The owner as the program sees it: root stays root, whoever we are is the program's user, others are nobody. */
    static int owner(int user) {
        if (user == 0) {
            return 0;
        }
        return user == USER ? FileTree.USER : FileTree.NOBODY;
    }
}
