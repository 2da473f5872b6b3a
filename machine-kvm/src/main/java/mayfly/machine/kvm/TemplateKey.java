package mayfly.machine.kvm;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mayfly.machine.ServiceSpec;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.saved.SavedFile;

/**
 * What a template's state depends on, besides the files of the host that it read and the host's processors, which a
 * snapshot's file knows itself. Templates with different keys are never taken for each other.
 */
final class TemplateKey {
    private final String name;
    private final String text;

    private TemplateKey(String name, String text) {
        this.name = name;
        this.text = text;
    }

    /** @param world of {@link #world} */
    static TemplateKey of(TemplateSpec spec, GuestPlan plan, String world) {
        return of(
                spec.name(),
                world,
                "function",
                spec.runtime(),
                spec.handler(),
                spec.code().toAbsolutePath(),
                spec.memoryBytes(),
                spec.reusable(),
                plan.program(),
                plan.arguments(),
                plan.environment(),
                new TreeMap<>(plan.readOnly()),
                plan.memoryBytes(),
                plan.tmpBytes(),
                plan.frames());
    }

    /**
     * As {@link #of(TemplateSpec, GuestPlan, String)}.
     *
     * @param addresses of the destinations, as they were found now
     */
    static TemplateKey of(ServiceSpec spec, List<String> addresses, String world) {
        return of(
                spec.name(),
                world,
                "service",
                spec.program(),
                ServiceBoot.environment(spec),
                spec.directory(),
                spec.reach().readable(),
                spec.reach().volumes(),
                spec.reach().destinations(),
                addresses,
                spec.shared(),
                spec.port(),
                spec.warmup(),
                spec.memoryBytes(),
                ServiceBoot.tmpBytes(spec));
    }

    private static TemplateKey of(String name, Object... parts) {
        StringBuilder text = new StringBuilder();
        append(text, name);
        for (Object part : parts) {
            append(text, part);
        }
        return new TemplateKey(name, text.toString());
    }

    /** With every length in front, or two lists could read as one. */
    private static void append(StringBuilder text, Object part) {
        switch (part) {
            case List<?> list -> {
                text.append(list.size()).append('[');
                list.forEach(each -> append(text, each));
            }
            case Map<?, ?> map -> {
                text.append(map.size()).append('{');
                map.forEach((key, value) -> {
                    append(text, key);
                    append(text, value);
                });
            }
            default -> {
                String word = part.toString();
                text.append(word.length()).append(':').append(word);
            }
        }
    }

    /** Mayfly's build, the agents and the host's kernel. */
    static String world(Path agents) throws IOException {
        MessageDigest digest = sha256();
        try (Stream<Path> files = Files.list(agents)) {
            for (Path file : files.sorted().toList()) {
                if (Files.isRegularFile(file)) {
                    digest.update(file.getFileName().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
        }
        return SavedFile.VERSION + " " + kvm() + " " + build() + " "
                + HexFormat.of().formatHex(digest.digest()) + " " + System.getProperty("os.version");
    }

    /** The host's kind of KVM. */
    private static String kvm() {
        return Stream.of("kvm_amd", "kvm_intel", "kvm_pvm")
                .filter(module -> Files.exists(Path.of("/sys/module", module)))
                .collect(Collectors.joining(","));
    }

    /** Another one after each build, where a file tells; the agents, the file format and the memory's layout are not all. */
    private static String build() throws IOException {
        CodeSource source = TemplateKey.class.getProtectionDomain().getCodeSource();
        URL location = source == null ? null : source.getLocation();
        if (location == null || !location.getProtocol().equals("file")) {
            return "image";
        }
        try {
            Path path = Path.of(new URI(location.toString()));
            try (Stream<Path> files = Files.walk(path)) {
                long newest = 0;
                long bytes = 0;
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
                    bytes += Files.size(file);
                }
                return newest + "/" + bytes;
            }
        } catch (URISyntaxException e) {
            throw new IOException("where this program is cannot be told from " + location, e);
        }
    }

    /** Of the template, as its spec has it. */
    String name() {
        return name;
    }

    String text() {
        return text;
    }

    /** The name of the file that it is saved to. */
    String file() {
        return prefix(name) + hash(text, 32) + TemplateFiles.SUFFIX;
    }

    /** What the names of all files of templates with a name begin with. */
    static String prefix(String name) {
        return hash(name, 16) + "-";
    }

    private static String hash(String text, int digits) {
        byte[] sum = sha256().digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sum).substring(0, digits);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
