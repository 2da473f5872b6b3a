package mayfly.machine.kvm.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What a program wrote becomes an area as fpu_copy_uabi_to_guest_fpstate of Linux demands it. */
class ExtendedStateTest {
    @Test
    void nothingThatKvmRefusesIsLeft() {
        byte[] area = new byte[4096];
        Arrays.fill(area, (byte) 0xFF);
        ExtendedState.sanitise(area, 0xFFBF, 0xE7);
        ByteBuffer view = ExtendedState.view(area);
        assertThat(view.getInt(24)).as("MXCSR").isEqualTo(0xFFBF);
        assertThat(view.getLong(512)).as("components").isEqualTo(0xE7);
        for (int at = 520; at < 576; at += 8) {
            assertThat(view.getLong(at)).as("header at %d", at).isZero();
        }
        assertThat(view.getLong(0)).as("registers stay").isEqualTo(-1);
        assertThat(view.getLong(576)).as("registers stay").isEqualTo(-1);
    }

    @Test
    void theFirstInstructionFindsTheAbisControlWords() {
        byte[] area = new byte[4096];
        Arrays.fill(area, (byte) 0xFF);
        ExtendedState.start(area);
        ByteBuffer view = ExtendedState.view(area);
        assertThat(view.getShort(0)).as("x87 control word").isEqualTo((short) 0x37F);
        assertThat(view.getInt(24)).as("MXCSR").isEqualTo(0x1F80);
        assertThat(ExtendedState.components(area)).isEqualTo(3);
    }
}
