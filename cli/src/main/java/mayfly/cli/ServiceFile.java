package mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.JsonValue.JsonArray;
import mayfly.api.JsonValue.JsonObject;
import mayfly.api.JsonValue.JsonText;
import mayfly.api.ServiceDeclarations;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceRequest;

/**
 * A file that declares services: {@code [[services]]} with the fields of a service request, written as TOML. Paths in it
 * are relative to the file's directory, which is also where a service runs, and may read, unless it says otherwise.
 */
public final class ServiceFile {
    private static final String SERVICES = "services";

    /** A service as the file asks for it, and what that means. */
    public record Declared(ServiceRequest request, ServiceDefinition definition) {}

    private ServiceFile() {}

    /**
     * What it declares, in its order, checked by everything that the file alone can tell.
     *
     * @throws UsageException it cannot be read, or says something that cannot be; names all that is wrong
     */
    public static List<Declared> read(Path file) throws UsageException {
        try {
            if (!Files.isRegularFile(file)) {
                throw new UsageException("there is no file " + file);
            }
            SequencedMap<String, JsonValue> root = TomlFile.read(file);
            root.computeIfPresent(SERVICES, (_, services) -> resolved(services, directoryOf(file)));
            return check(
                    Json.read(Json.write((JsonValue) new JsonObject(root)), ServiceDeclarations.class)
                            .services(),
                    file);
        } catch (CliException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        } catch (InvalidException e) {
            throw new UsageException(e.problems().stream()
                    .map(Object::toString)
                    .collect(Collectors.joining("\n  ", file + ":\n  ", "")));
        } catch (IOException e) {
            throw new UsageException(file + " cannot be read: " + e);
        }
    }

    private static List<Declared> check(List<ServiceRequest> services, Path file) throws UsageException {
        List<String> problems = new ArrayList<>();
        List<Declared> declared = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>();
        for (int i = 0; i < services.size(); i++) {
            String at = SERVICES + "[" + i + "]";
            try {
                ServiceDefinition service = ServiceDefinition.of(services.get(i), Optional.empty());
                declared.add(new Declared(services.get(i), service));
                if (!names.add(service.name())) {
                    problems.add(at + ".name: there is a service " + service.name() + " already");
                }
            } catch (InvalidException e) {
                e.problems().forEach(problem -> problems.add(at + "." + problem));
            }
        }
        if (services.isEmpty()) {
            problems.add("it declares no service; one begins with [[services]]");
        }
        if (!problems.isEmpty()) {
            throw new UsageException(problems.stream().collect(Collectors.joining("\n  ", file + ":\n  ", "")));
        }
        return declared;
    }

    private static Path directoryOf(Path file) {
        Path parent = file.toAbsolutePath().normalize().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private static JsonValue resolved(JsonValue services, Path base) {
        if (!(services instanceof JsonArray(List<JsonValue> items))) {
            return services; // the codec says what is wrong with it
        }
        return new JsonArray(items.stream()
                .map(item -> item instanceof JsonObject service ? service(service, base) : item)
                .toList());
    }

    private static JsonValue service(JsonObject said, Path base) {
        SequencedMap<String, JsonValue> service = new LinkedHashMap<>(said.members());
        service.putIfAbsent("directory", JsonValue.of(""));
        service.computeIfPresent("directory", (_, path) -> absolute(path, base));
        List<JsonValue> readable = new ArrayList<>(List.of(service.get("directory")));
        if (service.get("allow_read") instanceof JsonArray(List<JsonValue> more)) {
            more.forEach(path -> readable.add(absolute(path, base)));
        }
        if (service.get("allow_read") instanceof JsonArray || !service.containsKey("allow_read")) {
            service.put("allow_read", new JsonArray(readable.stream().distinct().toList()));
        }
        service.computeIfPresent("volumes", (_, volumes) -> volumes(volumes, base));
        service.computeIfPresent("listen", (_, listen) -> listen(listen, base));
        return service.equals(said.members()) ? said : new JsonObject(service);
    }

    private static JsonValue absolute(JsonValue path, Path base) {
        return path instanceof JsonText(String text)
                ? JsonValue.of(base.resolve(text).normalize().toString())
                : path;
    }

    /** HOST:GUEST; the guest's part is absolute. */
    private static JsonValue volumes(JsonValue volumes, Path base) {
        if (!(volumes instanceof JsonArray(List<JsonValue> items))) {
            return volumes;
        }
        return new JsonArray(items.stream()
                .map(item -> item instanceof JsonText(String text) && !text.startsWith("/") && text.contains(":/")
                        ? JsonValue.of(base.resolve(text.substring(0, text.indexOf(":/")))
                                        .normalize()
                                + text.substring(text.indexOf(":/")))
                        : item)
                .toList());
    }

    private static JsonValue listen(JsonValue listen, Path base) {
        if (!(listen instanceof JsonObject(SequencedMap<String, JsonValue> members)) || !members.containsKey("unix")) {
            return listen;
        }
        SequencedMap<String, JsonValue> resolved = new LinkedHashMap<>(members);
        resolved.computeIfPresent("unix", (_, path) -> absolute(path, base));
        return new JsonObject(resolved);
    }
}
