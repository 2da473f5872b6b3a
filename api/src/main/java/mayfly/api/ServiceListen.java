package mayfly.api;

import java.util.Optional;

/** Where clients of a service connect: TCP, or a Unix socket. */
@Doc("Where clients connect: host and port for TCP, or unix.")
public record ServiceListen(
        @Doc("an address of the node's host; default 127.0.0.1, so that only this host can connect")
        Optional<String> host,

        @Doc("0 (default) takes one that is free, another one after each start of the node")
        Optional<Integer> port,

        @Doc("absolute path of a Unix socket to make; instead of host and port")
        Optional<String> unix) {
    static final String HOST = "127.0.0.1";

    /** TCP on this host, at any free port. */
    static final ServiceListen ANYWHERE = new ServiceListen(Optional.of(HOST), Optional.of(0), Optional.empty());

    /** "127.0.0.1:8080", "[::1]:8080" or "unix:/path": as it was asked for. */
    public String text() {
        if (unix.isPresent()) {
            return "unix:" + unix.get();
        }
        String name = host.orElse(HOST);
        return (name.contains(":") ? "[" + name + "]" : name) + ":" + port.orElse(0);
    }
}
