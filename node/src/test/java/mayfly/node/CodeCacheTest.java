package mayfly.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import mayfly.base.RefusedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeCacheTest {
    private static final byte[] ARCHIVE = SourceArchive.of("main.py", "def handler(event): pass");
    private static final String SHA = CodeCache.sha256(ARCHIVE);

    @TempDir
    Path root;

    @Test
    void codeStaysUntilItsLastUserGivesItBack() throws Exception {
        CodeCache cache = new CodeCache(root);
        Path first = cache.acquire(SHA, () -> ARCHIVE);
        Path second = cache.acquire(SHA, () -> {
            throw new AssertionError("it is there already");
        });
        assertThat(second).isEqualTo(first);
        cache.release(SHA);
        cache.removeUnused(SHA);
        assertThat(first.resolve("main.py")).exists();
        cache.release(SHA);
        assertThat(entries()).isEmpty();
        assertThat(cache.acquire(SHA, () -> ARCHIVE).resolve("main.py")).exists();
    }

    @Test
    void whatCannotBeUnpackedLeavesNothing() throws Exception {
        CodeCache cache = new CodeCache(root);
        assertThatThrownBy(() -> cache.acquire("0".repeat(64), () -> new byte[] {'P', 'K', 3, 4, 0}))
                .isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> cache.acquire("0".repeat(64), () -> {
                    throw new IOException("no store");
                }))
                .isInstanceOf(IOException.class);
        assertThat(entries()).isEmpty();
    }

    @Test
    void aSweepTakesWhatIsNeitherUsedNorExpected() throws Exception {
        Files.createDirectories(root.resolve("a".repeat(64)).resolve("lib"));
        Files.createDirectories(root.resolve("b".repeat(64)));
        Files.createDirectories(root.resolve(".partial-1").resolve("lib"));
        CodeCache cache = new CodeCache(root);
        cache.acquire(SHA, () -> ARCHIVE);
        cache.sweep(Set.of("b".repeat(64)));
        assertThat(entries()).containsExactlyInAnyOrder(SHA, "b".repeat(64));
    }

    private String[] entries() throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.map(entry -> entry.getFileName().toString()).toArray(String[]::new);
        }
    }
}
