package mayfly.machine;

import java.nio.file.Path;
import java.util.List;

/**
 * What of the host a service's machines reach, besides the system's programs and their own files. Nothing else.
 *
 * @param readable directories that they see at their own paths, read-only
 * @param volumes directories that they change
 * @param destinations to where they may open connections; in order, as they were allowed
 */
public record Reach(List<Path> readable, List<Volume> volumes, List<Destination> destinations) {
    public Reach {
        readable = List.copyOf(readable);
        volumes = List.copyOf(volumes);
        destinations = List.copyOf(destinations);
    }

    /** Sees these directories, changes nothing, connects nowhere. */
    public static Reach readOnly(Path... directories) {
        return new Reach(List.of(directories), List.of(), List.of());
    }

    /**
     * A directory of the host that machines change, each other's view of it included: what is written stays after reset.
     *
     * @param host the directory
     * @param guest absolute path where machines see it
     */
    public record Volume(Path host, String guest) {}

    /**
     * Somewhere to connect to over TCP.
     *
     * @param host name or literal address, as it was allowed; names are resolved on the host
     * @param port 1 to 65535
     */
    public record Destination(String host, int port) {}
}
