package mayfly.runner;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** With what a WebSocket was opened; kept while its actor sleeps. */
record SocketRecord(String path, Map<String, String> headers) {
    byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            write(out, path);
            out.writeInt(headers.size());
            for (Map.Entry<String, String> header : headers.entrySet()) {
                write(out, header.getKey());
                write(out, header.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static SocketRecord decode(byte[] bytes) throws KvException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            String path = read(in);
            Map<String, String> headers = new LinkedHashMap<>();
            for (int count = in.readInt(); count > 0; count--) {
                headers.put(read(in), read(in));
            }
            return new SocketRecord(path, Collections.unmodifiableMap(headers));
        } catch (IOException e) {
            throw new KvException("a WebSocket's record that cannot be read: " + e.getMessage());
        }
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a text of " + length + " bytes");
        }
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }
}
