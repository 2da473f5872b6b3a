package mayfly.actors;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import mayfly.base.ActorId;
import org.jspecify.annotations.Nullable;

/**
 * How a new actor becomes durable.
 *
 * @param input what it was created with
 * @param answer empty when it is; else the actor that has its key
 */
record ActorBirth(byte @Nullable [] input, CompletableFuture<Optional<ActorId>> answer) {}
