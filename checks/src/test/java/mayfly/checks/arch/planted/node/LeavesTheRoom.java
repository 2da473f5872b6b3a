package mayfly.checks.arch.planted.node;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import org.sqlite.SQLiteConfig;

/** Planted: Netty, native memory and JDBC outside of their rooms. */
record LeavesTheRoom(ByteBuf netty, MemorySegment memory, SQLiteConfig database) {}
