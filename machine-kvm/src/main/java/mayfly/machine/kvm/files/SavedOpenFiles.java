package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * The open files of a program in a saved snapshot, each with a number, by which descriptors and other files name it. Each
 * kind of file saves itself ({@link OpenFile#save}); this knows what they share.
 */
final class SavedOpenFiles {
    /** What a saved file is. Codes are part of the file format: those are their places here. */
    enum Kind {
        CHANNEL(0),
        EPOLL(1),
        EVENT(2),
        TIMER(3),
        PIPE(4),
        SOCKET(5),
        DEVICE(6),
        DIRECTORY(7),
        TEXT(8),
        HOST(9),
        MEMORY(10),
        PATH(11),
        NETWORK_SOCKET(12);

        private static final Kind[] ALL = values();

        final int code;

        Kind(int code) {
            this.code = code;
        }

        static Kind of(StateIn in) throws DamagedException {
            int code = in.number(0, ALL.length - 1, "a kind of open file");
            return ALL[code];
        }
    }

    private static final int HOST_FILES_MAX = 65_536;
    private static final int BUFFERS_MAX = 2 * Descriptors.MAX;

    final SavedTree nodes;
    final FileTree tree;

    private final IdentityHashMap<OpenFile, Integer> numbers = new IdentityHashMap<>();
    private final List<OpenFile> files = new ArrayList<>();
    private final IdentityHashMap<PipeBuffer, Integer> bufferNumbers = new IdentityHashMap<>();
    private final List<PipeBuffer> buffers = new ArrayList<>();
    private final Map<HostContent, Integer> hostNumbers = new HashMap<>();
    private final List<HostContent> hosts;

    SavedOpenFiles(SavedTree nodes, FileTree tree, List<HostContent> hosts) {
        this.nodes = nodes;
        this.tree = tree;
        this.hosts = hosts;
    }

    // ---- what files name ----

    int number(OpenFile file) throws UnsavableException {
        Integer known = numbers.get(file);
        if (known == null) {
            throw new UnsavableException(file.name() + ", which no descriptor stands for");
        }
        return known;
    }

    OpenFile file(StateIn in) throws DamagedException {
        return files.get(in.number(0, files.size() - 1, "an open file"));
    }

    int buffer(PipeBuffer buffer) {
        return bufferNumbers.computeIfAbsent(buffer, added -> {
            buffers.add(added);
            return buffers.size() - 1;
        });
    }

    PipeBuffer buffer(StateIn in) throws DamagedException {
        return buffers.get(in.number(0, buffers.size() - 1, "a pipe"));
    }

    /** A version of a file of the host. */
    int host(HostContent content) {
        return hostNumbers.computeIfAbsent(content, added -> {
            hosts.add(added);
            return hosts.size() - 1;
        });
    }

    HostContent host(int number) throws DamagedException {
        if (number < 0 || number >= hosts.size()) {
            throw new DamagedException("there is no file " + number + " of the host");
        }
        return hosts.get(number);
    }

    // ---- files of the host: written in front of all else, once all are known ----

    void saveHosts(StateOut out) throws UnsavableException {
        if (hosts.size() > HOST_FILES_MAX) {
            throw new UnsavableException("more than " + HOST_FILES_MAX + " files of the host");
        }
        out.number(hosts.size());
        for (HostContent content : hosts) {
            nodes.mount(out, content.mount());
            out.text(content.path());
            out.number(content.status().device());
            out.number(content.status().inode());
            out.number(content.status().size());
            out.number(content.status().modifiedNanos());
        }
    }

    /** Looks each of them up: all must be what they were. */
    static List<HostContent> loadHosts(StateIn in, SavedTree nodes) throws DamagedException {
        int count = in.count(HOST_FILES_MAX, "files of the host");
        List<HostContent> hosts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            HostMount mount = nodes.mount(in);
            String path = in.text(SavedTree.NAME_BYTES_MAX, "a path of the host's");
            var status = mount.directory().status(path);
            boolean same = status.device() == in.longNumber();
            same &= status.inode() == in.longNumber();
            same &= status.size() == in.longNumber();
            same &= status.modifiedNanos() == in.longNumber();
            in.require(status.error() == 0 && same, mount.guestPath() + "/" + path + " is not the file that it was");
            hosts.add(new HostContent(mount, path, status));
        }
        return hosts;
    }

    // ---- descriptors and what they stand for ----

    void save(StateOut out, Descriptors descriptors) throws UnsavableException {
        int[] references = number(descriptors);
        StateOut states = out.another();
        for (int i = 0; i < files.size(); i++) {
            OpenFile file = files.get(i);
            if (file.references() != references[i]) {
                throw new UnsavableException(file.name() + ", which is in use");
            }
            file.saveAll(states, this);
        }
        out.number(buffers.size());
        for (PipeBuffer buffer : buffers) {
            out.block(buffer.toBytes());
        }
        out.number(files.size());
        out.append(states);
        for (OpenFile file : files) {
            file.saveLinks(out, this);
        }
        out.number(descriptors.limit());
        int end = descriptors.end();
        out.number(end);
        for (int fd = 0; fd < end; fd++) {
            OpenFile file = descriptors.get(fd);
            out.number(file == null ? -1 : number(file));
            if (file != null) {
                out.flag(descriptors.closeOnExec(fd));
            }
        }
    }

    private int[] number(Descriptors descriptors) {
        int[] references = new int[Descriptors.MAX];
        for (int fd = 0; fd < descriptors.end(); fd++) {
            OpenFile file = descriptors.get(fd);
            if (file != null) {
                int number = numbers.computeIfAbsent(file, added -> {
                    files.add(added);
                    return files.size() - 1;
                });
                references[number]++;
            }
        }
        return references;
    }

    Descriptors load(StateIn in, SavedSocket.Loader sockets) throws DamagedException {
        int bufferCount = in.count(BUFFERS_MAX, "pipes");
        for (int i = 0; i < bufferCount; i++) {
            buffers.add(PipeBuffer.of(in.block(PipeBuffer.CAPACITY, "a pipe's content"), tree.kernelMemory()));
        }
        int count = in.count(Descriptors.MAX, "open files");
        for (int i = 0; i < count; i++) {
            files.add(open(in, sockets));
        }
        for (OpenFile file : files) {
            file.loadLinks(in, this);
        }
        Descriptors descriptors = new Descriptors();
        descriptors.limit(in.number(0, Descriptors.MAX, "the limit of descriptors"));
        int end = in.count(Descriptors.MAX, "descriptors");
        for (int fd = 0; fd < end; fd++) {
            int number = in.number(-1, files.size() - 1, "an open file");
            if (number >= 0) {
                descriptors.set(fd, files.get(number).retain(), in.flag());
            }
        }
        for (OpenFile file : files) {
            file.release(); // the one that it was made with: now only descriptors count
            in.require(file.isOpen(), "an open file that no descriptor stands for");
        }
        return descriptors;
    }

    private OpenFile open(StateIn in, SavedSocket.Loader sockets) throws DamagedException {
        Kind kind = Kind.of(in);
        int flags = in.number();
        OpenFile file = switch (kind) {
            case CHANNEL -> Channel.load(in, flags);
            case EPOLL -> Epoll.load(in, tree.kernelMemory());
            case EVENT -> EventFd.load(in, flags);
            case TIMER -> TimerFd.load(in, flags);
            case PIPE -> PipeEnd.load(in, flags, this);
            case SOCKET -> SocketEnd.load(in, flags, this);
            case DEVICE -> OpenDevice.load(in, flags, this);
            case DIRECTORY -> OpenDirectory.load(in, flags, this);
            case TEXT -> OpenText.load(in, flags, this);
            case HOST -> OpenHostFile.load(in, flags, this);
            case MEMORY -> OpenMemoryFile.load(in, flags, this);
            case PATH -> OpenPath.load(in, flags, this);
            case NETWORK_SOCKET -> sockets.load(in, flags);
        };
        file.loadState(in, flags);
        return file;
    }
}
