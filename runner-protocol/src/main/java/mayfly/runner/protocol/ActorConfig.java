package mayfly.runner.protocol;

import java.util.Optional;

/**
 * What an actor is started with.
 *
 * @param key its parts as the client joined them
 * @param createTs milliseconds since 1970
 * @param input what its creator gave
 */
public record ActorConfig(String name, Optional<String> key, long createTs, Optional<byte[]> input) {}
