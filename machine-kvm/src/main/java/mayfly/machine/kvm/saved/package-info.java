/**
 * The file that a snapshot is saved to: its shape ({@link mayfly.machine.kvm.saved.SavedFile}) and the language that states
 * are written in ({@link mayfly.machine.kvm.saved.StateOut}, {@link mayfly.machine.kvm.saved.StateIn}). What a state
 * consists of is said by those who have it, in the packages beside: {@code memory/SavedSpace}, {@code files/SavedFiles},
 * {@code program/SavedProgram}. A file that comes back may hold anything.
 */
@NullMarked
package mayfly.machine.kvm.saved;

import org.jspecify.annotations.NullMarked;
