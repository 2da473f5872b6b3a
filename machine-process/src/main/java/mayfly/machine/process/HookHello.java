package mayfly.machine.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The first bytes of each of our connections to a hook: what it is for (hook/PROTOCOL.md). */
enum HookHello {
    CONTROL('C'),
    MACHINE('M'),
    DELIVERY('D'),
    OUTPUT('O'),
    ERRORS('E');

    private final char letter;

    HookHello(char letter) {
        this.letter = letter;
    }

    /** @param number of a machine, as we count them; 0 where it is for none */
    byte[] bytes(long number) {
        return ByteBuffer.allocate(Byte.BYTES + Long.BYTES)
                .put((byte) letter)
                .putLong(number)
                .array();
    }

    /** Says it on a new connection, whose buffer has room for it. */
    void send(SocketChannel socket, long number) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(number));
        while (bytes.hasRemaining()) {
            int sent = socket.write(bytes);
            assert sent >= 0;
        }
    }
}
