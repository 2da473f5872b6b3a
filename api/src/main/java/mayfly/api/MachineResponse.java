package mayfly.api;

import java.time.Instant;
import java.util.Optional;

/** A machine that exists now. */
@Doc("A machine that exists now.")
public record MachineResponse(
        String id,

        @Doc("kvm or process") String driver,

        Optional<String> function,
        Optional<Integer> version,

        @Doc("starting, warm, busy or ending") String state,

        @Doc("calls it has served") int uses,

        @Doc("its first process on the host") Optional<Integer> pid,

        Instant createdAt) {}
