package mayfly.node;

import java.util.Optional;
import mayfly.api.ServiceStatus;

/** What a node does with a service of its store. */
sealed interface ServiceState {
    /** Its program is being brought to where it waits. */
    record Starting() implements ServiceState {}

    record Active(ServiceShell shell) implements ServiceState {}

    /** It takes no connections; those it has are waited for. */
    record Draining(ServiceShell shell) implements ServiceState {}

    /** Nothing of it is left but its counters and logs. */
    record Drained(ServiceShell shell) implements ServiceState {}

    /** @param reason for people */
    record Failed(String reason) implements ServiceState {}

    default ServiceStatus status() {
        return switch (this) {
            case Starting _ -> ServiceStatus.STARTING;
            case Active _ -> ServiceStatus.ACTIVE;
            case Draining _ -> ServiceStatus.DRAINING;
            case Drained _ -> ServiceStatus.DRAINED;
            case Failed _ -> ServiceStatus.FAILED;
        };
    }

    /** The shell, also of a service that was drained. */
    default Optional<ServiceShell> known() {
        return switch (this) {
            case Active(var shell) -> Optional.of(shell);
            case Draining(var shell) -> Optional.of(shell);
            case Drained(var shell) -> Optional.of(shell);
            case Starting _, Failed _ -> Optional.empty();
        };
    }

    /** Where it listens. */
    default Optional<String> address() {
        return this instanceof Active(var shell) ? Optional.of(shell.address()) : Optional.empty();
    }

    default String reason() {
        return this instanceof Failed(var reason) ? reason : "";
    }
}
