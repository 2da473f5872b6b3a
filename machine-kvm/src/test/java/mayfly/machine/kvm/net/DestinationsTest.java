package mayfly.machine.kvm.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mayfly.machine.Reach.Destination;
import mayfly.machine.kvm.files.SocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationsTest {
    private static SocketAddress address(String ip, int port) {
        byte[] bytes = InetAddress.ofLiteral(ip).getAddress();
        return address(bytes, port);
    }

    private static SocketAddress address(byte[] ip, int port) {
        ByteBuffer made = ByteBuffer.allocate(ip.length == 4 ? 16 : 28);
        made.put(0, (byte) (ip.length == 4 ? SocketAddress.IPV4 : SocketAddress.IPV6));
        made.putShort(2, (short) port);
        made.put(ip.length == 4 ? 4 : 8, ip);
        return Objects.requireNonNull(SocketAddress.of(made.array()));
    }

    private static byte[] mapped(String ip) {
        byte[] six = new byte[16];
        six[10] = -1;
        six[11] = -1;
        System.arraycopy(InetAddress.ofLiteral(ip).getAddress(), 0, six, 12, 4);
        return six;
    }

    private static Destinations of(String name, int port, String... addresses) throws Exception {
        return Destinations.of(List.of(new Destination(name, port)), asked -> {
            if (!asked.equals(name)) {
                throw new UnknownHostException(asked);
            }
            InetAddress[] found = new InetAddress[addresses.length];
            for (int i = 0; i < found.length; i++) {
                found[i] = InetAddress.ofLiteral(addresses[i]);
            }
            return found;
        });
    }

    @Test
    void whatIsNotNamedIsNotAllowed() throws Exception {
        Destinations allowed = of("db.example", 5432, "10.1.2.3", "2001:db8::1");
        assertThat(allowed.permits(address("10.1.2.3", 5432))).isTrue();
        assertThat(allowed.permits(address("2001:db8::1", 5432))).isTrue();
        assertThat(allowed.permits(address("10.1.2.3", 5433))).isFalse();
        assertThat(allowed.permits(address("10.1.2.4", 5432))).isFalse();
        assertThat(allowed.permits(address("127.0.0.1", 5432))).isFalse();
        assertThat(allowed.permits(address("0.0.0.0", 5432))).isFalse();
        assertThat(allowed.permits(address("169.254.169.254", 80))).isFalse();
        assertThat(Destinations.none().permits(address("10.1.2.3", 5432))).isFalse();
        assertThat(allowed.hosts()).isEqualTo("10.1.2.3 db.example\n2001:db8:0:0:0:0:0:1 db.example\n");
    }

    @Test
    void anAddressIsTheSameInIpv6sClothes() throws Exception {
        Destinations allowed = of("db.example", 5432, "10.1.2.3");
        assertThat(allowed.permits(address(mapped("10.1.2.3"), 5432))).isTrue();
        assertThat(allowed.permits(address(mapped("10.1.2.4"), 5432))).isFalse();
        assertThat(allowed.permits(address(mapped("127.0.0.1"), 5432))).isFalse();
        byte[] compatible = mapped("10.1.2.3");
        compatible[10] = 0;
        compatible[11] = 0;
        assertThat(allowed.permits(address(compatible, 5432))).isFalse();
        assertThat(allowed.permits(address("64:ff9b::a01:203", 5432))).isFalse(); // through a NAT64
        assertThat(allowed.permits(address("2002:a01:203::", 5432))).isFalse(); // 6to4
        assertThat(address(mapped("10.1.2.3"), 5432).canonical()).isEqualTo(address("10.1.2.3", 5432));
    }

    /** Who owns a name can let it lead anywhere, and at any time. */
    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "127.0.1.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1"})
    void aNameDoesNotLeadToTheHostItself(String address) {
        assertThatThrownBy(() -> of("db.example", 80, "10.1.2.3", address))
                .isInstanceOf(Destinations.UnreachableException.class)
                .hasMessageContaining("which db.example resolves to");
    }

    @Test
    void aNameThatLeadsElsewhereLaterChangesNothing() throws Exception {
        Deque<String> answers = new ArrayDeque<>(List.of("10.1.2.3", "10.9.9.9"));
        Destinations allowed = Destinations.of(List.of(new Destination("db.example", 80)), _ ->
                new InetAddress[] {InetAddress.ofLiteral(answers.remove())});
        assertThat(allowed.permits(address("10.1.2.3", 80))).isTrue();
        assertThat(allowed.permits(address("10.9.9.9", 80))).isFalse();
        assertThat(answers).hasSize(1); // nothing that a machine does asks again
    }

    @Test
    void literalAddressesAreTakenAtTheirWordAndGroupsAreNot() throws Exception {
        Map<String, Boolean> allowed = Map.of("127.0.0.1", true, "169.254.169.254", true, "::1", true);
        for (String each : allowed.keySet()) {
            assertThat(of(each, 80).permits(address(each, 80))).isTrue();
        }
        assertThat(of("localhost", 80).permits(address("::1", 80))).isTrue();
        assertThatThrownBy(() -> of("0.0.0.0", 80)).isInstanceOf(Destinations.UnreachableException.class);
        assertThatThrownBy(() -> of("ff02::1", 80)).isInstanceOf(Destinations.UnreachableException.class);
        assertThatThrownBy(() -> Destinations.of(List.of(new Destination("no.example", 80)), name -> {
                    throw new UnknownHostException(name);
                }))
                .isInstanceOf(Destinations.UnreachableException.class)
                .hasMessage("the host does not know the name no.example");
    }
}
