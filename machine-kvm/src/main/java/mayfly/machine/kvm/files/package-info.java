/** What a program's descriptors stand for: host files, files in memory, pipes, channels; and the tree it sees. */
@NullMarked
package mayfly.machine.kvm.files;

import org.jspecify.annotations.NullMarked;
