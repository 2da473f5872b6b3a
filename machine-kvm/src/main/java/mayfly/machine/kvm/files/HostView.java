package mayfly.machine.kvm.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mayfly.linux.ErrnoException;
import mayfly.linux.HostDirectory;
import mayfly.linux.HostVolume;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * Which directories and files of the host the programs of some machines see, read-only, and where. Kept open from the
 * beginning, so that they stay what they were; shared by any number of machines, on any threads, and closed after them.
 */
public final class HostView implements AutoCloseable {
    private static final List<String> PROGRAMS =
            List.of("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32");
    private static final List<String> SETTINGS = List.of(
            "/etc/ssl",
            "/etc/ca-certificates",
            "/etc/alternatives",
            "/etc/java-25-openjdk",
            "/etc/python3",
            "/etc/perl",
            "/etc/localtime",
            "/etc/ld.so.cache",
            "/etc/mime.types",
            "/etc/services",
            "/etc/protocols");

    private final HostFiles files = new HostFiles();
    private final List<HostDirectory> directories = new ArrayList<>();
    private final List<HostVolume> volumes = new ArrayList<>();
    private final List<Placed> placed = new ArrayList<>();

    private record Placed(String path, Path host, Node node) {}

    private record Link(String path, String target) {}

    private final List<Link> links = new ArrayList<>();
    private String hosts = "";
    private final Map<String, String> texts = new TreeMap<>();

    /** The settings of the host that {@link #standard} shows where they are there: directories and files. */
    public static List<String> settings() {
        return SETTINGS;
    }

    /** A view of nothing, to be added to. */
    public HostView() {}

    /** Programs and libraries of the host, with what of its settings every program may know; no more of /etc. */
    public static HostView standard() throws ErrnoException {
        HostView view = new HostView();
        try {
            for (String path : PROGRAMS) {
                view.addIfThere(path);
            }
            for (String path : SETTINGS) {
                view.addIfThere(path);
            }
            return view;
        } catch (ErrnoException e) {
            view.close();
            throw e;
        }
    }

    private void addIfThere(String path) throws ErrnoException {
        Path host = Path.of(path);
        try {
            if (Files.isSymbolicLink(host)) {
                links.add(new Link(path, Files.readSymbolicLink(host).toString()));
            } else if (Files.isDirectory(host)) {
                addDirectory(host, path);
            } else if (Files.isReadable(host)) {
                addFile(host, path);
            }
        } catch (IOException gone) {
            throw new ErrnoException("readlink", mayfly.linux.Errno.ENOENT, path);
        }
    }

    /** Lets programs find hosts by their names: lines for /etc/hosts. */
    public void setHosts(String lines) {
        hosts = lines;
    }

    /** Shows a file that is on no disk. */
    public void addText(String guestPath, String text) {
        texts.put(plain(guestPath), text);
    }

    /**
     * Shows a directory, with all that is below it.
     *
     * @param guestPath absolute; inside another directory that is shown only if it is the same directory
     * @throws IllegalArgumentException the guest path is not plain, is taken, or would change another directory
     */
    public void addDirectory(Path directory, String guestPath) throws ErrnoException {
        String path = plain(guestPath);
        if (isShown(directory, path)) {
            return;
        }
        HostDirectory opened = HostDirectory.open(directory);
        directories.add(opened);
        placed.add(new Placed(path, directory, HostNode.root(new HostMount(opened, path, files))));
    }

    /**
     * Shows a directory that programs change.
     *
     * @param guestPath absolute; not inside another directory that is shown
     * @throws IllegalArgumentException the guest path is not plain, or taken
     */
    public void addVolume(Path directory, String guestPath) throws ErrnoException {
        String path = plain(guestPath);
        for (Placed other : placed) {
            if (path.equals(other.path())
                    || path.startsWith(other.path() + "/")
                    || other.path().startsWith(path + "/")) {
                throw new IllegalArgumentException("a volume at " + guestPath + ": " + other.path() + " is shown");
            }
        }
        HostVolume opened = HostVolume.open(directory);
        volumes.add(opened);
        placed.add(new Placed(path, directory, VolumeNode.root(new VolumeMount(opened, path))));
    }

    /** Shows one regular file; what it was when this was called stays visible. */
    public void addFile(Path file, String guestPath) throws ErrnoException {
        String path = plain(guestPath);
        if (isShown(file, path)) {
            return;
        }
        Path directory = file.toAbsolutePath().getParent();
        Path name = file.getFileName();
        if (directory == null || name == null) {
            throw new IllegalArgumentException(file + " is not a file");
        }
        HostDirectory opened = HostDirectory.open(directory);
        directories.add(opened);
        HostMount mount = new HostMount(opened, path.substring(0, path.lastIndexOf('/')), files);
        Node node = HostNode.at(
                mount, new String(name.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        if (node.error() != 0) {
            throw new ErrnoException("open", (int) -node.error(), file.toString());
        }
        placed.add(new Placed(path, file, node));
    }

    private static String plain(String path) {
        Path plain = Path.of(path).normalize();
        if (!plain.isAbsolute() || plain.getNameCount() == 0) {
            throw new IllegalArgumentException("\"" + path + "\" is not the absolute path of a file below /");
        }
        return new String(plain.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private boolean isShown(Path host, String path) {
        for (Placed other : placed) {
            if (path.equals(other.path()) || path.startsWith(other.path() + "/")) {
                Path there = other.host()
                        .resolve(path.substring(other.path().length()).replaceFirst("^/", ""));
                if (there.toAbsolutePath()
                        .normalize()
                        .equals(host.toAbsolutePath().normalize())) {
                    return true;
                }
                throw new IllegalArgumentException(
                        host + " cannot be shown at " + path + ": " + other.host() + " is shown at " + other.path());
            }
        }
        return false;
    }

    /**
     * A new tree for one machine.
     *
     * @param bytesMax what the program's own files may take; they are in our heap and count as {@link KernelMemory} too
     * @param inodesMax how many files, directories and links it may make, those of the system included
     */
    public FileTree tree(long bytesMax, int inodesMax) {
        FileTree tree = new FileTree(new MemoryFiles(bytesMax, inodesMax, KernelMemory.ofThisProcess(bytesMax)));
        TreeBuilder builder = new TreeBuilder(tree);
        SystemFiles.add(builder, hosts);
        texts.forEach((path, text) -> builder.text(path, text));
        for (Placed file : placed) {
            builder.mount(file.path(), file.node());
        }
        for (Link link : links) {
            builder.link(link.path(), link.target());
        }
        tree.memory().allowForSystem();
        return tree;
    }

    /**
     * From now on it is known which files of the host programs read: a snapshot that is to be saved depends on them. To be
     * called before the program starts.
     */
    public void record() {
        files.record();
    }

    /** What programs read from now on is of no interest. To be called when the snapshot is taken. */
    public void stopRecording() {
        files.stopRecording();
    }

    Set<HostContent> read() throws UnsavableException {
        Set<HostContent> read = files.read();
        if (read == null) {
            throw new UnsavableException("files of the host, and which it read is not known: see HostView.record");
        }
        return read;
    }

    void remember(List<HostContent> contents) {
        files.remember(contents);
    }

    /** Only when no machine uses it any more. */
    @Override
    public void close() {
        files.close();
        directories.forEach(HostDirectory::close);
        volumes.forEach(HostVolume::close);
    }
}
