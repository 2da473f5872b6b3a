package mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodeDirectoryTest {
    @TempDir
    Path dir;

    @Test
    void theSameFilesGiveTheSameBytes() throws Exception {
        write("b.py", "b");
        write("a/c.py", "c");
        byte[] first = CodeDirectory.pack(dir);
        Files.setLastModifiedTime(dir.resolve("b.py"), FileTime.fromMillis(0));
        assertThat(CodeDirectory.pack(dir)).isEqualTo(first);
        assertThat(names(first)).containsExactly("a/c.py", "b.py");
    }

    @Test
    void leavesOutWhatIsIgnored() throws Exception {
        for (String file : List.of(
                "app.py",
                ".git/config",
                "x/__pycache__/a.pyc",
                "mayfly.toml",
                "secret.env",
                "keep.env",
                "build/out",
                "docs/build/page",
                "logs/deep/a.log")) {
            write(file, "x");
        }
        write(".mayflyignore", "# comment\n*.env\n!keep.env\n/build/\nlogs/**/*.log\n");
        assertThat(names(CodeDirectory.pack(dir))).containsExactly("app.py", "docs/build/page", "keep.env");
    }

    @Test
    void linksInsideAreFollowedAndOthersRefused() throws Exception {
        write("real.py", "x");
        Files.createSymbolicLink(dir.resolve("link.py"), Path.of("real.py"));
        assertThat(names(CodeDirectory.pack(dir))).containsExactly("link.py", "real.py");
        Files.createSymbolicLink(dir.resolve("shadow"), Path.of("/etc/passwd"));
        assertThat(catchThrowableOfType(CliException.class, () -> CodeDirectory.pack(dir)))
                .hasMessageContaining("does not lead to a file inside");
        write(".mayflyignore", "shadow\n");
        assertThat(names(CodeDirectory.pack(dir))).containsExactly("link.py", "real.py");
    }

    @Test
    void nothingIsNotDeployed() {
        assertThat(catchThrowableOfType(CliException.class, () -> CodeDirectory.pack(dir)))
                .hasMessageContaining("nothing to deploy");
    }

    @ParameterizedTest
    @CsvSource({
        "a.py, def handler(event):, python3, a.handler",
        "a.py, async def handle(event):, python3, a.handle",
        "a.py, def main(event):, python3, a.main",
        "a.js, exports.handler = (e) => 1, node, a.handler",
        "a.mjs, export async function handle(e) {}, node, a.handle",
        "a.cjs, module.exports = { handler }, node, a.handler",
        "program, anything, native, stdio",
    })
    void handlersAreFound(String file, String source, String runtime, String handler) throws Exception {
        write(file, source + "\n");
        Path path = dir.resolve(file);
        assertThat(HandlerGuess.of(path)).contains(new HandlerGuess(runtime, path, Optional.of(handler)));
        assertThat(HandlerGuess.of(dir)).contains(new HandlerGuess(runtime, path, Optional.of(handler)));
    }

    private void write(String file, String text) throws IOException {
        Path path = dir.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private static List<String> names(byte[] zip) throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        return names;
    }
}
