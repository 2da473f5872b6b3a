package mayfly.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import mayfly.base.Limits;
import org.junit.jupiter.api.Test;

final class FrameTest {
    private static final HexFormat HEX = HexFormat.of();

    @Test
    void theBytesOfAFrameAreWireFormat() throws IOException {
        var wire = new Wire();
        new FrameWriter(wire, ByteBuffer.allocate(64))
                .write(new Frame(FrameType.EXEC, bytes("{\"a\":1}"), bytes("hello")));
        assertThat(HEX.formatHex(wire.sent())).isEqualTo("0000000c01020007" + "7b2261223a317d" + "68656c6c6f");
        var ping = new Wire();
        new FrameWriter(ping, ByteBuffer.allocate(64)).write(Frame.PING);
        assertThat(HEX.formatHex(ping.sent())).isEqualTo("0000000001040000");
    }

    @Test
    void framesOfEverySizeSurviveEveryBufferAndEveryCut() throws IOException {
        for (int length : new int[] {0, 1, 7, 8, 9, 63, 64, 65, 1000, 65_535, 65_536, 65_537, 300_000}) {
            for (int buffer : new int[] {8, 16, 64, 65_536}) {
                var wire = new Wire();
                var frame = new Frame(FrameType.RESPONSE, pattern(length % 70), pattern(length));
                var writer = new FrameWriter(wire, ByteBuffer.allocate(buffer));
                writer.write(frame);
                writer.write(Frame.PING);
                for (int step : new int[] {1, 3, 4096, Integer.MAX_VALUE}) {
                    if (length / step > 10_000 && buffer != 64) {
                        continue;
                    }
                    var reader = new FrameReader(wire.replay(step), ByteBuffer.allocate(buffer));
                    assertSame(frame, reader.next());
                    assertSame(Frame.PING, reader.next());
                    assertThat(reader.next()).isEqualTo(new FrameRead.Ended(false));
                    assertThat(reader.next()).isEqualTo(new FrameRead.Ended(false));
                }
            }
        }
    }

    @Test
    void theLargestFramePassesAndOneByteMoreIsRefusedOnBothSides() throws IOException {
        var wire = new Wire();
        var writer = new FrameWriter(wire, ByteBuffer.allocate(65_536));
        var largest = new Frame(FrameType.EXEC, pattern(10), pattern(Limits.FRAME_BODY_BYTES_MAX - 10));
        writer.write(largest);
        assertSame(largest, new FrameReader(wire.replay(Integer.MAX_VALUE), ByteBuffer.allocate(65_536)).next());
        assertThatThrownBy(() ->
                        writer.write(new Frame(FrameType.EXEC, pattern(11), pattern(Limits.FRAME_BODY_BYTES_MAX - 10))))
                .isInstanceOf(AssertionError.class);
        assertMalformed("0080000101030000", "frame body of 8388609 bytes, at most 8388608 allowed");
    }

    @Test
    void bytesThatAreNoFrameAreAResultThatStays() throws IOException {
        assertMalformed("0000000002030000", "frame version 2, expected 1");
        assertMalformed("0000000001000000", "unknown frame type 0");
        assertMalformed("0000000001060000", "unknown frame type 6");
        assertMalformed("00000000018f0000", "unknown frame type 143");
        assertMalformed("ffffffff01030000", "frame body of 4294967295 bytes, at most 8388608 allowed");
        assertMalformed("0000000201030003", "frame meta of 3 bytes in a body of 2");
        assertMalformed(HEX.formatHex(bytes("Hello, world, this is print output")), "frame version 111, expected 1");
    }

    @Test
    void anEndInsideAFrameIsToldApartFromAnEndBetweenFrames() throws IOException {
        byte[] whole = HEX.parseHex("0000000401050001" + "7b000102");
        for (int cut = 0; cut <= whole.length; cut++) {
            var reader = new FrameReader(new Wire(whole, cut).replay(2), ByteBuffer.allocate(16));
            FrameRead read = reader.next();
            if (cut == whole.length) {
                assertThat(read).isInstanceOf(FrameRead.Whole.class);
            } else {
                assertThat(read).as("cut at %d", cut).isEqualTo(new FrameRead.Ended(cut > 0));
            }
        }
    }

    private static void assertMalformed(String hex, String reason) throws IOException {
        byte[] raw = HEX.parseHex(hex);
        var reader = new FrameReader(new Wire(raw, raw.length).replay(3), ByteBuffer.allocate(16));
        assertThat(reader.next()).isEqualTo(new FrameRead.Malformed(reason));
        assertThat(reader.next()).isEqualTo(new FrameRead.Malformed(reason));
    }

    static void assertSame(Frame expected, FrameRead read) {
        assertThat(read).isInstanceOf(FrameRead.Whole.class);
        Frame frame = ((FrameRead.Whole) read).frame();
        assertThat(frame.type()).isEqualTo(expected.type());
        assertThat(frame.meta()).isEqualTo(expected.meta());
        assertThat(frame.bytes()).isEqualTo(expected.bytes());
    }

    static byte[] pattern(int length) {
        byte[] out = new byte[length];
        for (int i = 0; i < length; i++) {
            out[i] = (byte) (i * 31 + (i >> 8));
        }
        return out;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
