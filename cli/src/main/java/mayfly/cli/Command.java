package mayfly.cli;

import java.io.IOException;

/** Something the command line can do. */
interface Command {
    CommandSpec spec();

    /** The exit code; see {@link Exit}. */
    int run(Arguments arguments, Session session) throws CliException, UsageException, IOException;
}
