package mayfly.machine.kvm.files;

import mayfly.linux.HostStatus;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.Backing;

/**
 * The content of one version of a file of the host. Equal for all names and all openings of it, so that mappings that
 * continue each other are seen to; holds nothing open itself.
 */
final class HostContent implements Backing {
    private final HostMount mount;
    private final String path;
    private final HostStatus status;

    HostContent(HostMount mount, String path, HostStatus status) {
        this.mount = mount;
        this.path = path;
        this.status = status;
    }

    HostMount mount() {
        return mount;
    }

    String path() {
        return path;
    }

    HostStatus status() {
        return status;
    }

    @Override
    public int read(Memory memory, long at, int count, long fileOffset) {
        return (int) mount.files().read(this, memory, at, count, fileOffset);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostContent content && status.isSame(content.status);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(status.inode() * 31 + status.device());
    }
}
