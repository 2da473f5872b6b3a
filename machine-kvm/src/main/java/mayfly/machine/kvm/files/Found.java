package mayfly.machine.kvm.files;

/**
 * Where a path led.
 *
 * @param node the file; a {@link Missing} says why there is none
 * @param parent the directory that has, or could have, the name; a {@link Missing} when the path went wrong before, or
 *     has no name at its end
 * @param name the last component; "." and ".." are the directory that they led to, empty is "/"
 * @param slash whether it must be a directory because the path ended with a slash
 */
record Found(Node node, Node parent, String name, boolean slash) {
    static Found failed(long error) {
        Node missing = Missing.of(error);
        return new Found(missing, missing, "", false);
    }

    /** 0, or why there is no file. */
    long error() {
        return node.error();
    }

    /** Why not even the directory that has the last name was found; 0: it was. */
    long wayError() {
        return name.isEmpty() ? node.error() : 0;
    }

    /** Whether the last component is a name. */
    boolean isNamed() {
        return !name.isEmpty() && !name.equals(".") && !name.equals("..");
    }

    /** Whether a file could be made there: only its name is missing. */
    boolean canBeMade() {
        return node.error() == -mayfly.linux.Errno.ENOENT && parent.error() == 0 && isNamed();
    }

    /** The path of a file that is there or could be. */
    String path(FileTree tree) {
        if (!isNamed() || parent.error() != 0) {
            return node.path(tree);
        }
        String directory = parent.path(tree);
        return directory.equals("/") ? "/" + name : directory + "/" + name;
    }
}
