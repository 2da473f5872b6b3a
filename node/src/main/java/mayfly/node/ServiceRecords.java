package mayfly.node;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceStatus;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.store.ServiceRecord;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/** Services as the store keeps them and as readers see them, and why they are refused. Pure. */
final class ServiceRecords {
    private ServiceRecords() {}

    /** The same service with its next definition. */
    static ServiceRecord next(ServiceRecord old, ServiceDefinition service, Instant now) {
        return new ServiceRecord(old.id(), old.name(), old.version() + 1, Json.text(service), old.createdAt(), now);
    }

    /** @throws StoreException it is not what we wrote */
    static ServiceDefinition definition(ServiceRecord record) {
        try {
            return Json.readAnswer(record.definition().getBytes(StandardCharsets.UTF_8), ServiceDefinition.class);
        } catch (InvalidException e) {
            throw new StoreException(
                    StoreException.Kind.FAILED,
                    "the record of service " + record.name() + " is damaged: " + e.getMessage(),
                    e);
        }
    }

    /** @param state null while the node has not come to it */
    static ServiceView view(ServiceRecord record, @Nullable ServiceState state) {
        return new ServiceView(
                record.id(),
                definition(record),
                record.version(),
                state == null ? ServiceStatus.STARTING : state.status(),
                state == null ? "" : state.reason(),
                state == null ? Optional.empty() : state.address(),
                state == null ? Optional.empty() : state.known().map(ServiceShell::stats),
                record.createdAt(),
                record.updatedAt());
    }

    // Refusals ---------------------------------------------------------------------------------------------------

    static RefusedException exists(String name) {
        return new RefusedException(ErrorCode.SERVICE_EXISTS, "a service named '" + name + "' exists; PUT replaces it");
    }

    static RefusedException notFound(String name) {
        return new RefusedException(
                ErrorCode.SERVICE_NOT_FOUND,
                "no service is named '" + name + "'; `mayfly ls services` shows those there are");
    }

    /** @param state null while the node has not come to it */
    static RefusedException notRunning(String name, @Nullable ServiceState state) {
        String how = state == null ? "not started" : state.status().name().toLowerCase(Locale.ROOT);
        return new RefusedException(
                ErrorCode.SERVICE_NOT_RUNNING,
                "service '" + name + "' is " + how + "; PUT it, or 'mayfly serve --name " + name + "', to start it");
    }
}
