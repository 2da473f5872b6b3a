package mayfly.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodeArchiveTest {
    @Test
    void zipAndTarGiveTheSameFiles() throws Exception {
        Map<String, byte[]> files = Map.of("main.py", bytes("pass"), "lib/a.py", bytes("x = 1"));
        assertThat(read(zip(files))).isEqualTo(read(tarGz(files, '0')));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "/etc/passwd", "a/../../x", "a//b", "..", "a\\b", "a/./../../b"})
    void namesThatLeaveTheDirectoryAreRefused(String name) {
        assertThatThrownBy(() -> read(zip(Map.of(name, bytes("x")))))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining(name);
        assertThatThrownBy(() -> read(tarGz(Map.of(name, bytes("x")), '0')))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining(name);
    }

    @ParameterizedTest
    @ValueSource(chars = {'1', '2', '3', '4', '6'})
    void linksAndDevicesAreRefused(char type) {
        assertThatThrownBy(() -> read(tarGz(Map.of("link", bytes("")), type)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("link");
    }

    @Test
    void aBombIsRefusedBeforeItIsUnpacked() throws Exception {
        byte[] bomb = zip(Map.of("zeros", new byte[Limits.ARTIFACT_BYTES_MAX + 1]));
        assertThat(bomb.length).isLessThan(Limits.MIB);
        assertThatThrownBy(() -> read(bomb))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("zeros");
    }

    @Test
    void damagedArchivesAreRefusedAndNothingElse() throws Exception {
        long seed = Long.getLong("mayfly.seed", new Random().nextLong());
        System.out.println("CodeArchiveTest seed " + seed);
        Random random = new Random(seed);
        byte[][] whole = {
            zip(Map.of("main.py", bytes("pass"), "b", new byte[3000])),
            tarGz(Map.of("main.py", bytes("pass"), "b", new byte[3000]), '0')
        };
        for (int i = 0; i < 4_000; i++) {
            byte[] damaged = whole[i % 2].clone();
            for (int n = random.nextInt(1, 6); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length / 2, damaged.length + 1));
            try {
                CodeArchive.read(cut, (path, bytes, executable) -> {
                    Path target = Path.of("/app").resolve(path).normalize();
                    assertThat(target.startsWith("/app") && target.getNameCount() > 1)
                            .as(path)
                            .isTrue();
                });
            } catch (RefusedException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    private static Map<String, byte[]> read(byte[] archive) throws RefusedException, IOException {
        Map<String, byte[]> files = new java.util.TreeMap<>();
        CodeArchive.read(archive, (path, bytes, executable) -> files.put(path, bytes));
        Map<String, byte[]> comparable = new LinkedHashMap<>();
        files.forEach((name, bytes) -> comparable.put(name + new String(bytes, StandardCharsets.ISO_8859_1), null));
        return comparable;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] zip(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (var file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
            }
        }
        return out.toByteArray();
    }

    private static byte[] tarGz(Map<String, byte[]> files, char type) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            for (var file : files.entrySet()) {
                byte[] content = file.getValue();
                byte[] header = new byte[512];
                put(header, 0, file.getKey());
                put(header, 100, "0000644\0");
                put(header, 124, String.format("%011o\0", content.length));
                put(header, 148, "        ");
                header[156] = (byte) type;
                put(header, 257, "ustar\00000");
                int sum = 0;
                for (byte b : header) {
                    sum += b & 0xff;
                }
                put(header, 148, String.format("%06o\0 ", sum));
                gzip.write(header);
                gzip.write(content);
                gzip.write(new byte[(512 - content.length % 512) % 512]);
            }
            gzip.write(new byte[1024]);
        }
        return out.toByteArray();
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
