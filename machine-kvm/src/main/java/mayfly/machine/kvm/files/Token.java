package mayfly.machine.kvm.files;

/** Marks what one owner may change in place; whoever has another token copies it first. */
final class Token {
    /** The machine's that made it: what another one made is not counted as this one's. */
    private final Object era;

    Token() {
        era = new Object();
    }

    private Token(Object era) {
        this.era = era;
    }

    /** Another one in the same machine. */
    Token next() {
        return new Token(era);
    }

    @SuppressWarnings("ReferenceEquality") // identity is all that an era has
    boolean isOfSameMachine(Token other) {
        return era == other.era;
    }
}
