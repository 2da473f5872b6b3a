/** The virtual processor: its tables, how it enters and leaves programs, and what an exit means. */
@NullMarked
package mayfly.machine.kvm.cpu;

import org.jspecify.annotations.NullMarked;
