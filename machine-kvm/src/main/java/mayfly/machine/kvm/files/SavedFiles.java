package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.List;
import mayfly.machine.kvm.memory.Backing;
import mayfly.machine.kvm.memory.Region;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** All files of a program in a saved snapshot: its tree, what it has open, and what its memory shows of files. */
public final class SavedFiles {
    private final FileTree tree;
    private final Descriptors descriptors;
    private final SavedContents contents;
    private final List<Content> loadedContents;
    private final SavedOpenFiles open;

    private SavedFiles(
            FileTree tree,
            Descriptors descriptors,
            SavedContents contents,
            List<Content> loadedContents,
            SavedOpenFiles open) {
        this.tree = tree;
        this.descriptors = descriptors;
        this.contents = contents;
        this.loadedContents = loadedContents;
        this.open = open;
    }

    /**
     * Takes down the files of a frozen program.
     *
     * @param mapped its regions
     * @param view what it was shown of the host: the files that it read there must be the same when it is loaded
     */
    public static SavedFiles save(
            StateOut out, FileTree tree, Descriptors descriptors, Iterable<Region> mapped, HostView view)
            throws UnsavableException {
        SavedTree nodes = new SavedTree(tree);
        SavedContents contents = new SavedContents();
        SavedOpenFiles open = new SavedOpenFiles(nodes, tree, new ArrayList<>());
        SavedFiles files = new SavedFiles(tree, descriptors, contents, List.of(), open);
        for (HostContent read : view.read()) {
            var _ = open.host(read);
        }
        for (Region region : mapped) {
            if (region.backing() != null) {
                var _ = files.number(region.backing());
            }
        }
        StateOut treeOut = out.another();
        nodes.save(treeOut, tree, contents);
        StateOut openOut = out.another();
        open.save(openOut, descriptors);

        FileTree.Space space = tree.space();
        out.number(space.bytesMax());
        out.number(space.inodesMax());
        open.saveHosts(out);
        contents.save(out);
        out.append(treeOut);
        out.append(openOut);
        return files;
    }

    /** A mapped file's number; even for those of the host. */
    public int number(Backing backing) throws UnsavableException {
        return switch (backing) {
            case HostContent content -> 2 * open.host(content);
            case Content content -> 2 * contents.number(content) + 1;
            default -> throw new UnsavableException("memory that shows a file of the program's creator");
        };
    }

    /**
     * The files of a program that was saved.
     *
     * @param view the same directories of the host as when it was saved
     * @param sockets the program's network
     */
    public static SavedFiles load(StateIn in, HostView view, SavedSocket.Loader sockets) throws DamagedException {
        long bytesMax = in.size("the limit of files in memory");
        int inodesMax = in.number(1, 1 << 20, "the limit of files");
        FileTree fresh = view.tree(bytesMax, inodesMax);
        SavedTree nodes = new SavedTree(fresh);
        List<HostContent> hosts = SavedOpenFiles.loadHosts(in, nodes);
        view.remember(hosts);
        List<Content> contents = SavedContents.load(in);
        FileTree tree = nodes.load(in, fresh, contents);
        SavedOpenFiles open = new SavedOpenFiles(nodes, tree, hosts);
        return new SavedFiles(tree, open.load(in, sockets), new SavedContents(), contents, open);
    }

    public Backing backing(int number) throws DamagedException {
        if (number >= 0 && (number & 1) == 0) {
            return open.host(number / 2);
        }
        if (number < 0 || number / 2 >= loadedContents.size()) {
            throw new DamagedException("there is no file " + number + " to be mapped");
        }
        return loadedContents.get(number / 2);
    }

    public FileTree tree() {
        return tree;
    }

    public Descriptors descriptors() {
        return descriptors;
    }
}
