/** The command line: a client of the public interface, with no short cuts. */
@org.jspecify.annotations.NullMarked
module mayfly.cli {
    requires transitive mayfly.api;
    requires jdk.unsupported; // sun.misc.Signal: Ctrl-C goes to the attached task
    requires org.tomlj;
    requires static org.jspecify;

    exports mayfly.cli;
}
