package mayfly.machine.kvm.files;

import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** An open file that belongs to a network, in a saved snapshot. */
public interface SavedSocket {
    /** Takes down what {@link Loader#load} reads. */
    void save(StateOut out) throws UnsavableException;

    /** The network that it comes back to. */
    @FunctionalInterface
    interface Loader {
        OpenFile load(StateIn in, int flags) throws DamagedException;
    }
}
