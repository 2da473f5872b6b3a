package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** The bytes of files in memory in a saved snapshot: what shares pieces goes on sharing them. */
final class SavedContents {
    /** Of one machine's files together. */
    private static final int PIECES_MAX = StateOut.BYTES_MAX / Content.PIECE;

    private static final int CONTENTS_MAX = 65_536;

    private final IdentityHashMap<Content, Integer> numbers = new IdentityHashMap<>();
    private final List<Content> contents = new ArrayList<>();

    /** Remembers a content, and what mappings of it show. */
    int number(Content content) throws UnsavableException {
        Integer known = numbers.get(content);
        if (known != null) {
            return known;
        }
        int number = contents.size();
        if (number == CONTENTS_MAX) {
            throw new UnsavableException("more than " + CONTENTS_MAX + " files in memory");
        }
        contents.add(content);
        numbers.put(content, number);
        Content shown = content.lastSnapshot();
        if (shown != null) {
            var _ = number(shown);
        }
        return number;
    }

    void save(StateOut out) throws UnsavableException {
        IdentityHashMap<Content.Piece, Integer> pieces = new IdentityHashMap<>();
        List<Content.Piece> order = new ArrayList<>();
        for (Content content : contents) {
            for (Content.Piece piece : content.pieces().values()) {
                if (pieces.putIfAbsent(piece, order.size()) == null) {
                    order.add(piece);
                }
            }
        }
        if (order.size() > PIECES_MAX) {
            throw new UnsavableException("files in memory of more than " + StateOut.BYTES_MAX + " bytes");
        }
        out.number(order.size());
        for (Content.Piece piece : order) {
            out.block(trimmed(piece.bytes()));
        }
        out.number(contents.size());
        for (Content content : contents) {
            out.number(content.size());
            out.number(content.pieces().size());
            for (Map.Entry<Integer, Content.Piece> each : content.pieces().entrySet()) {
                out.number(each.getKey());
                out.number(pieces.getOrDefault(each.getValue(), -1));
            }
            Content shown = content.lastSnapshot();
            out.number(shown == null ? -1 : number(shown));
        }
    }

    private static byte[] trimmed(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return java.util.Arrays.copyOf(bytes, end);
    }

    static List<Content> load(StateIn in) throws DamagedException {
        int pieceCount = in.count(PIECES_MAX, "pieces of files");
        List<Content.Piece> pieces = new ArrayList<>(pieceCount);
        Token nobody = new Token(); // whoever writes first copies
        for (int i = 0; i < pieceCount; i++) {
            byte[] bytes = in.block(Content.PIECE, "a piece of a file");
            pieces.add(new Content.Piece(java.util.Arrays.copyOf(bytes, Content.PIECE), nobody));
        }
        int count = in.count(CONTENTS_MAX, "files' contents");
        List<Content> contents = new ArrayList<>(count);
        int[] shown = new int[count];
        for (int i = 0; i < count; i++) {
            contents.add(content(in, pieces));
            shown[i] = in.number(-1, count - 1, "what mappings of a file show");
        }
        for (int i = 0; i < count; i++) {
            if (shown[i] >= 0) {
                in.require(shown[i] != i, "a file is its own past");
                contents.get(i).setSnapshot(contents.get(shown[i]));
            }
        }
        return contents;
    }

    private static Content content(StateIn in, List<Content.Piece> pieces) throws DamagedException {
        Content content = new Content();
        long size = in.longNumber(bytes -> bytes >= 0 && bytes <= Content.SIZE_MAX, "a file's size");
        int count = in.count(PIECES_MAX, "a file's pieces");
        int before = -1;
        for (int i = 0; i < count; i++) {
            int at = in.number(before + 1, Integer.MAX_VALUE, "a piece's place");
            content.pieces().put(at, pieces.get(in.number(0, pieces.size() - 1, "a piece")));
            before = at;
        }
        content.setSize(size);
        return content;
    }
}
