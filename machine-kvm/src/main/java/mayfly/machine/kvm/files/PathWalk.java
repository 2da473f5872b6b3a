package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Follows a path through a tree, component by component, as path_resolution(7) says: links and ".." mean what they mean
 * inside the tree, whatever the host has there. Inside a mount of the host a whole run of components is asked for at
 * once; the host says ELOOP when one of them is a link, and then they are followed one by one.
 */
final class PathWalk {
    /** What to do with a link, or a missing file, at the end of the path. */
    enum End {
        /** A link is followed. */
        FOLLOW,
        /** A link is the file, unless a slash follows it. */
        LINK,
        /** A link is followed, unless a slash follows it: then it is the caller's to refuse. */
        CREATE,
        /** The name is looked for itself, to be made or removed; slashes behind it change nothing. */
        NAME
    }

    static final int PATH_MAX = 4096;
    private static final int NAME_MAX = 255;
    private static final int LINKS_MAX = 40;

    private final FileTree tree;
    private final End end;
    private String path;
    private int at;
    private int links;
    private Node current;
    private boolean slash;
    /** "." or ".." when the path ends so. */
    private String dots = "";

    private @Nullable Found found;

    private PathWalk(FileTree tree, Node base, String path, End end) {
        this.tree = tree;
        this.end = end;
        this.path = path;
        current = path.startsWith("/") ? tree.root() : base;
    }

    /** @param base the directory in which relative paths begin */
    static Found walk(FileTree tree, Node base, String path, End end) {
        if (path.isEmpty()) {
            return Found.failed(-Errno.ENOENT);
        }
        if (path.length() >= PATH_MAX) {
            return Found.failed(-Errno.ENAMETOOLONG);
        }
        if (base.error() != 0 && !path.startsWith("/")) {
            return Found.failed(base.error());
        }
        return new PathWalk(tree, base, path, end).walk();
    }

    private Found walk() {
        while (found == null) {
            skipSlashes();
            int type = current.type(tree);
            long refused = current.error();
            if (at == path.length()) {
                return finish(current, Missing.of(refused != 0 ? refused : -Errno.EBUSY), dots);
            }
            if (type != FileStatus.DIRECTORY) {
                return Found.failed(type == 0 ? -Errno.ENOENT : -Errno.ENOTDIR);
            }
            refused = current.access(tree, Node.MAY_SEARCH);
            if (refused != 0) {
                return Found.failed(refused);
            }
            if (!(current instanceof HostNode host) || !run(host)) {
                component();
            }
        }
        return found;
    }

    private Found finish(Node node, Node parent, String name) {
        if (slash && (end == End.FOLLOW || end == End.LINK) && node.error() == 0 && !node.isDirectory(tree)) {
            return Found.failed(-Errno.ENOTDIR);
        }
        return new Found(node, parent, name, slash);
    }

    private void skipSlashes() {
        while (at < path.length() && path.charAt(at) == '/') {
            at++;
        }
    }

    /** The rest of the path is after {@code from}; whether it has nothing but slashes, which are remembered. */
    private boolean isLast(int from) {
        for (int i = from; i < path.length(); i++) {
            if (path.charAt(i) != '/') {
                return false;
            }
        }
        slash |= from < path.length();
        return true;
    }

    /** One step. */
    private void component() {
        int from = at;
        int until = path.indexOf('/', from);
        until = until < 0 ? path.length() : until;
        String name = path.substring(from, until);
        at = until;
        dots = name.equals(".") || name.equals("..") ? name : "";
        if (name.equals(".")) {
            slash = isLast(until);
        } else if (name.equals("..")) {
            slash = isLast(until);
            current = current.parent(tree);
        } else if (name.length() > NAME_MAX) {
            found = Found.failed(-Errno.ENAMETOOLONG);
        } else {
            step(name, isLast(until), path.substring(until));
        }
    }

    private void step(String name, boolean last, String rest) {
        Node child = current.child(tree, name);
        if (last && !isFollowed(child)) {
            found = finish(child, current, name);
        } else {
            enter(child, current, rest);
        }
    }

    /** Whether what is at the end of the path leads on. */
    private boolean isFollowed(Node last) {
        boolean follow = switch (end) {
            case FOLLOW -> true;
            case LINK -> slash;
            case CREATE -> !slash;
            case NAME -> false;
        };
        return follow && last.type(tree) == FileStatus.LINK;
    }

    /** Goes on with a file that is not the end. */
    private void enter(Node child, Node directory, String rest) {
        if (child.error() != 0) {
            found = Found.failed(child.error());
            return;
        }
        if (child.type(tree) != FileStatus.LINK) {
            current = child;
            return;
        }
        Node jump = child.jump(tree);
        String target = jump != null ? "" : child.target(tree);
        if (++links > LINKS_MAX) {
            found = Found.failed(-Errno.ELOOP);
        } else if (jump == null && target.isEmpty()) {
            found = Found.failed(-Errno.ENOENT);
        } else if (target.length() + rest.length() >= PATH_MAX) {
            found = Found.failed(-Errno.ENAMETOOLONG);
        } else {
            path = target + rest;
            at = 0;
            current = jump != null ? jump : target.startsWith("/") ? tree.root() : directory;
        }
    }

    // ---- many components at once ----

    /** All that is left of the path inside a mount; false: to be done one by one. */
    private boolean run(HostNode host) {
        String rest = plain(path, at);
        int lastSlash = rest == null ? -1 : rest.lastIndexOf('/');
        if (rest == null || lastSlash < 0) {
            return false;
        }
        dots = "";
        Node node = host.descend(rest);
        long error = node.error();
        if (error == -Errno.ELOOP) {
            return false;
        }
        Node directory = host.directory(rest.substring(0, lastSlash));
        if (error != 0 && (error != -Errno.ENOENT || directory.status(tree, new FileStatus()) != 0)) {
            found = Found.failed(error); // not only the last name is missing
            return true;
        }
        boolean trailing = path.endsWith("/");
        slash |= trailing;
        if (isFollowed(node)) {
            enter(node, directory, trailing ? "/" : "");
        } else {
            found = finish(node, directory, rest.substring(lastSlash + 1));
        }
        return true;
    }

    /** The rest of a path without needless slashes; null when it has "." or ".." or a name that is too long. */
    private static @Nullable String plain(String path, int from) {
        StringBuilder plain = new StringBuilder(path.length() - from);
        int at = from;
        while (at < path.length()) {
            int until = path.indexOf('/', at);
            until = until < 0 ? path.length() : until;
            int length = until - at;
            if (length > NAME_MAX
                    || (length == 1 && path.charAt(at) == '.')
                    || (length == 2 && path.charAt(at) == '.' && path.charAt(at + 1) == '.')) {
                return null;
            }
            if (length > 0) {
                plain.append(plain.isEmpty() ? "" : "/").append(path, at, until);
            }
            at = until + 1;
        }
        return plain.toString();
    }

    /** The path of the directory that the last name of a path is in. */
    static String above(String path) {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, path.lastIndexOf('/', end - 1) + 1) + ".";
    }
}
