/** A running program: its threads, its system calls, and when it stops. */
@NullMarked
package mayfly.machine.kvm.program;

import org.jspecify.annotations.NullMarked;
