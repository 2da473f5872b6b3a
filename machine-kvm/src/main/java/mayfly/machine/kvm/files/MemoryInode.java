package mayfly.machine.kvm.files;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A file, directory or link in memory. Changed only by the {@link MemoryFiles} whose token it has. */
final class MemoryInode {
    /** Never given to another file of the same tree. */
    final long id;

    Token token;
    /** Type and permissions. */
    int mode;

    int user = FileTree.USER;
    int links = 1;
    long accessedNanos;
    long modifiedNanos;
    long changedNanos;

    /** Of a regular file. */
    final @Nullable Content content;
    /** Of a directory: names and places in the table, in the order in which they were made. */
    final @Nullable Map<String, Integer> entries;
    /** Of a link. */
    final String target;
    /** What is seen in its place; null: itself. */
    @Nullable
    Node mounted;
    /** Of a directory: where it is. */
    int parent;

    String name = "";

    MemoryInode(long id, Token token, int mode, String target, long now) {
        this.id = id;
        this.token = token;
        this.mode = mode;
        this.target = target;
        boolean directory = (mode & FileStatus.TYPE) == FileStatus.DIRECTORY;
        content = (mode & FileStatus.TYPE) == FileStatus.REGULAR ? new Content() : null;
        entries = directory ? new LinkedHashMap<>() : null;
        links = directory ? 2 : 1;
        accessedNanos = now;
        modifiedNanos = now;
        changedNanos = now;
    }

    /** One that was saved. */
    MemoryInode(long id, Token token, int mode, String target, @Nullable Content content) {
        this.id = id;
        this.token = token;
        this.mode = mode;
        this.target = target;
        this.content = content;
        entries = type() == FileStatus.DIRECTORY ? new LinkedHashMap<>() : null;
    }

    private MemoryInode(MemoryInode original, Token token) {
        id = original.id;
        this.token = token;
        mode = original.mode;
        user = original.user;
        links = original.links;
        accessedNanos = original.accessedNanos;
        modifiedNanos = original.modifiedNanos;
        changedNanos = original.changedNanos;
        content = original.content == null ? null : original.content.copy();
        entries = original.entries == null ? null : new LinkedHashMap<>(original.entries);
        target = original.target;
        mounted = original.mounted;
        parent = original.parent;
        name = original.name;
    }

    MemoryInode copy(Token newToken) {
        return new MemoryInode(this, newToken);
    }

    int type() {
        return mode & FileStatus.TYPE;
    }
}
