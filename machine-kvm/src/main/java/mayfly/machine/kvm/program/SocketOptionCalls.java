package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketFile;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.net.GuestSocket;
import mayfly.machine.kvm.net.HostConnection;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** setsockopt(2) and getsockopt(2). */
final class SocketOptionCalls {
    private static final int STREAM = 1;
    private static final int MICROS_PER_SECOND = 1_000_000;
    // asm-generic/socket.h: what a socket is, which cannot be set
    private static final int TYPE = 3;
    private static final int PENDING_ERROR = 4;
    private static final int PEER_CREDENTIALS = 17;
    private static final int ACCEPTS = 30;
    private static final int PROTOCOL = 38;
    private static final int DOMAIN = 39;

    private SocketOptionCalls() {}

    static void addTo(CallTable table) {
        table.add(54, "setsockopt", Kind.EMULATED, "most are only kept", SocketOptionCalls::set);
        table.add(55, "getsockopt", Kind.EMULATED, SocketOptionCalls::get);
    }

    private static long set(Program program, long[] a) {
        OpenFile file = SocketCalls.socket(program, a[0]);
        if (file == null) {
            return SocketCalls.notASocket(program, a[0]);
        }
        int level = (int) a[1];
        int option = (int) a[2];
        int size = SocketOptions.size(level, option);
        if (size == 0) {
            return -Errno.ENOPROTOOPT;
        }
        if ((int) a[4] < size) {
            return -Errno.EINVAL;
        }
        byte[] value = program.space().read(a[3], size);
        if (size == 16 && Long.compareUnsigned(program.space().getLong(a[3] + 8), MICROS_PER_SECOND) >= 0) {
            return -Errno.EDOM;
        }
        if (file instanceof SocketFile socket) {
            socket.options().set(level, option, value);
        }
        HostConnection outside = file instanceof GuestSocket made
                ? made.outside()
                : file instanceof HostConnection accepted ? accepted : null;
        if (outside != null && size == 4) {
            outside.apply(level, option, program.space().getInt(a[3]));
        }
        return 0;
    }

    private static long get(Program program, long[] a) {
        OpenFile file = SocketCalls.socket(program, a[0]);
        if (file == null) {
            return SocketCalls.notASocket(program, a[0]);
        }
        AddressSpace space = program.space();
        int room = space.getInt(a[4]);
        if (room < 0) {
            return -Errno.EINVAL;
        }
        byte[] value = value(file, (int) a[1], (int) a[2]);
        if (value == null) {
            return -Errno.ENOPROTOOPT;
        }
        int count = Math.min(room, value.length);
        space.write(a[3], value, 0, count);
        space.putInt(a[4], count);
        return 0;
    }

    private static byte @Nullable [] value(OpenFile file, int level, int option) {
        SocketFile socket = file instanceof SocketFile known ? known : null;
        if (level == SocketOptions.SOCKET) {
            int family = socket == null ? SocketAddress.UNIX : socket.local().family();
            switch (option) {
                case TYPE -> {
                    return words(STREAM);
                }
                case PENDING_ERROR -> {
                    return words(file instanceof GuestSocket made ? made.error() : 0);
                }
                case ACCEPTS -> {
                    return words(socket != null && socket.isListening() ? 1 : 0);
                }
                case PROTOCOL -> {
                    return words(family == SocketAddress.UNIX ? 0 : SocketOptions.TCP);
                }
                case DOMAIN -> {
                    return words(family);
                }
                case PEER_CREDENTIALS -> {
                    return words(Program.PID, Program.USER, Program.USER);
                }
                default -> {}
            }
        }
        if (SocketOptions.size(level, option) == 0) {
            return null;
        }
        return socket == null ? words(0) : socket.options().get(level, option);
    }

    private static byte[] words(int... values) {
        byte[] bytes = new byte[values.length * 4];
        java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .put(values);
        return bytes;
    }
}
