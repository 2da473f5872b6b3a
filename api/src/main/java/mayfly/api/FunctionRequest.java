package mayfly.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Creates a function or a new version of it; {@link FunctionSpec#of} checks it. */
@Doc("A function to create, or a new version of one. Exactly one of code and archive is given.")
public record FunctionRequest(
        @Doc("1 to 64 of a-z, 0-9, - and _, starting with a letter or digit; in a PUT it may be left out")
        Optional<String> name,

        @Doc("python3, node or native") String runtime,

        @Doc("module.function for python3 and node (default main.handler); stdio or frames for native")
        Optional<String> handler,

        @Doc("source text of the one file that the handler names")
        Optional<String> code,

        @Doc("zip or tar.gz with the function's files, in base64")
        Optional<byte[]> archive,

        @Doc("environment variables of the handler") Map<String, String> env,

        @Doc("memory of one machine, in MiB") Optional<Integer> memoryMb,

        @Doc("time for one call, in milliseconds") Optional<Long> timeoutMs,

        @Doc("kind of machine; any takes the strongest the host gives")
        Optional<Isolation> isolation,

        @Doc("fresh: every call gets an untouched machine; warm: state is kept between calls")
        Optional<Reuse> reuse,

        @Doc("grouped: a synchronous call is answered before its record is durable; durable: after")
        Optional<RecordMode> record,

        @Doc("calls that may run at once") Optional<Integer> concurrency,

        @Doc("machines kept ready while nobody calls") Optional<Integer> minWarm,

        @Doc("machines that may exist at once") Optional<Integer> maxMachines,

        @Doc("labels to list by, at most 16") List<String> tags) {}
