/**
 * Owns the runner protocol, version 7: what an engine and a runner say to each other over their WebSocket, one message
 * per binary frame, written in BARE. Refuses behaviour: what a message means is decided elsewhere.
 *
 * <p>{@link mayfly.runner.protocol.ToServer} is what runners say, {@link mayfly.runner.protocol.ToClient} what they are
 * told; {@link mayfly.runner.protocol.RunnerProtocol} makes bytes of them and back. Numbers that the wire has as u32 are
 * ints that may look negative. Arrays, lists and maps belong to their message and are never changed; records that hold
 * arrays are equal only to themselves.
 */
package mayfly.runner.protocol;
