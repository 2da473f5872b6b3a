/** Loading programs: ELF files, the first stack, the vDSO. */
@NullMarked
package mayfly.machine.kvm.load;

import org.jspecify.annotations.NullMarked;
