package mayfly.machine.kvm.files;

/**
 * Where a path led.
 *
 * @param node the file; a {@link Missing} says why there is none
 * @param parent the directory that has, or could have, the name; a {@link Missing} when the path went wrong before, or
 *     has no name at its end
 * @param name the last component; empty when the path ended with "/", "." or ".." alone
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

    /** Whether a file could be made there: only its name is missing. */
    boolean canBeMade() {
        return node.error() == -mayfly.linux.Errno.ENOENT && parent.error() == 0 && !name.isEmpty();
    }

    /** The path of a file that is there or could be. */
    String path(FileTree tree) {
        if (name.isEmpty() || parent.error() != 0) {
            return node.path(tree);
        }
        String directory = parent.path(tree);
        return directory.equals("/") ? "/" + name : directory + "/" + name;
    }
}
