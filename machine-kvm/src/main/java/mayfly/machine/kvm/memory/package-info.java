/** The guest's memory: physical pages, page tables, regions, and the only way by which guest addresses are followed. */
@NullMarked
package mayfly.machine.kvm.memory;

import org.jspecify.annotations.NullMarked;
