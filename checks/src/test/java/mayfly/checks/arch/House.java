package mayfly.checks.arch;

/**
 * Where the modules' packages are: the real ones, or the planted ones that imitate them.
 *
 * @param root what every package name of the house begins with, with the dot
 */
record House(String root) {
    static final House REAL = new House("mayfly.");
    static final House PLANTED = new House("mayfly.checks.arch.planted.");

    /** The packages of a module, as ArchUnit writes them. */
    String packagesOf(String module) {
        return root + module + "..";
    }

    /** The name that a package of this house has, or would have, in the real one. */
    String realNameOf(String packageName) {
        return packageName.startsWith(root) ? REAL.root + packageName.substring(root.length()) : packageName;
    }
}
