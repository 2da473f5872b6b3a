package mayfly.base;

import java.time.Duration;

/**
 * Every limit of one node. At a limit Mayfly refuses by name; it never grows without bound. {@link #check} holds them
 * against each other at start.
 */
public final class Limits {
    public static final int KIB = 1024;
    public static final int MIB = 1024 * KIB;

    /** Largest work-channel frame body: the largest payload plus its meta. */
    public static final int FRAME_BODY_BYTES_MAX = 8 * MIB;
    /** Largest JSON meta part of a frame. */
    public static final int FRAME_META_BYTES_MAX = 65_535;
    /** Largest payload and result of a synchronous invocation. */
    public static final int PAYLOAD_BYTES_MAX = 6 * MIB;
    /** Largest payload of an asynchronous invocation, which is stored. */
    public static final int ASYNC_PAYLOAD_BYTES_MAX = 256 * KIB;
    /** Largest result kept in an invocation record; longer ones are answered whole and recorded cut. */
    public static final int RECORDED_RESULT_BYTES_MAX = 64 * KIB;
    /** Captured log per invocation; the rest is dropped and the log says so. */
    public static final int INVOCATION_LOG_BYTES_MAX = 256 * KIB;
    /** Largest function archive, unpacked. */
    public static final int ARTIFACT_BYTES_MAX = 50 * MIB;
    /** Inline source text. */
    public static final int SOURCE_BYTES_MAX = 512 * KIB;
    /** Largest JSON request body: an artifact in base64 and its envelope. */
    public static final int REQUEST_BODY_BYTES_MAX = ARTIFACT_BYTES_MAX / 3 * 4 + MIB;

    public static final int ARCHIVE_FILES_MAX = 10_000;
    public static final int ENV_BYTES_MAX = 32 * KIB;
    public static final int NAME_CHARS_MAX = 64;
    public static final int TAGS_MAX = 16;
    public static final int COMMAND_BYTES_MAX = 128 * KIB;
    public static final int MEMORY_MB_MIN = 16;
    public static final int MEMORY_MB_MAX = 16_384;
    public static final Duration INVOCATION_TIMEOUT_MAX = Duration.ofMinutes(15);
    public static final int MACHINES_PER_FUNCTION_MAX = 64;
    public static final int FUNCTIONS_MAX = 10_000;
    public static final int TASKS_RUNNING_MAX = 5_000;
    public static final int SERVICES_MAX = 1_000;
    /** Connections that a service's program serves before it is frozen. */
    public static final int SERVICE_WARMUP_MAX = 1_000;
    /** Directories of the host that a service's machines may read. */
    public static final int SERVICE_DIRECTORIES_MAX = 64;
    /** Directories of the host that one service may change. */
    public static final int SERVICE_VOLUMES_MAX = 16;
    /** Places that one service may connect to. */
    public static final int SERVICE_DESTINATIONS_MAX = 64;

    public static final Duration SERVICE_CONNECTION_MAX = Duration.ofDays(7);
    /** A socket's path, by sun_path of sockaddr_un without its final NUL. */
    public static final int UNIX_PATH_BYTES_MAX = 107;

    public static final int PATH_CHARS_MAX = 4_095;
    /** Templates kept on disk, over all functions: beyond it the least recently used go. */
    public static final long TEMPLATE_FILES_BYTES_MAX = 4096L * MIB;
    /** Calls of one function that may wait for a machine. */
    public static final int POOL_WAITING_MAX = 1_024;

    public static final Duration POOL_WAIT_MAX = Duration.ofSeconds(30);
    /** Asynchronous invocations accepted and not yet ended, over all functions. */
    public static final int ASYNC_BACKLOG_MAX = 100_000;

    public static final int ASYNC_ATTEMPTS_MAX = 3;
    /** After which an asynchronous invocation that never got a machine is given up. */
    public static final Duration ASYNC_AGE_MAX = Duration.ofHours(6);

    /** Open connections of clients; ten thousand of them may be requests that wait for their actor. */
    public static final int CONNECTIONS_MAX = 16_384;

    /** Machines of one service. */
    public static final int MACHINES_PER_SERVICE_MAX = 64;
    /** Connections that the machine of a shared service serves at once. */
    public static final int SHARED_CONNECTIONS_MAX = 1_024;
    /** Connections that one service has accepted and that wait for a machine; others stay in the kernel's queue. */
    public static final int SERVICE_WAITING_MAX = 1_024;
    /** Connections to one service that the kernel keeps while nobody accepts; it may allow fewer (somaxconn). */
    public static final int SERVICE_BACKLOG_MAX = 4_096;
    /** How long a connection may wait for a machine; longer than a service's program may take to start. */
    public static final Duration SERVICE_WAIT_MAX = Duration.ofSeconds(60);
    /** Machines that may be gone before one sees a connection that asked for it. */
    public static final int CONNECTION_MISSES_MAX = 3;
    /** The newest of what a service's programs printed, and of its access log. */
    public static final int SERVICE_LOG_BYTES_MAX = 256 * KIB;

    /** A request's body on its way to an actor, an actor's answer, and one WebSocket message. */
    public static final int ACTOR_BODY_BYTES_MAX = 20 * MIB;
    /** One frame of a runner's socket: a body and what stands around it. */
    public static final int RUNNER_FRAME_BYTES_MAX = 32 * MIB;
    /** What an actor is created with. */
    public static final int ACTOR_INPUT_BYTES_MAX = 4 * MIB;

    public static final int ACTOR_NAME_CHARS_MAX = 512;
    public static final int ACTOR_KEY_BYTES_MAX = KIB;
    /** Names of namespaces, pools and runners' keys. */
    public static final int RUNNER_NAME_CHARS_MAX = 255;
    /** Actors that are asked for by their ids in one request. */
    public static final int ACTOR_IDS_MAX = 32;

    /** How long actors that were destroyed, and runners that stopped, can be asked about. */
    public static final Duration ACTOR_KEPT_DESTROYED = Duration.ofDays(1);

    public static final int KV_KEY_BYTES_MAX = 2 * KIB;
    public static final int KV_VALUE_BYTES_MAX = 128 * KIB;
    /** Keys of one operation on an actor's state. */
    public static final int KV_KEYS_MAX = 128;
    /** Keys and values of one put, together. */
    public static final int KV_PUT_BYTES_MAX = 976 * KIB;
    /** Entries of one answer; also what a list without a limit means. */
    public static final int KV_LIST_MAX = 16_384;
    /** Keys and values of one answer, together: as many as fit into a frame. */
    public static final int KV_ANSWER_BYTES_MAX = RUNNER_FRAME_BYTES_MAX - MIB;
    /** Keys and values of one actor, together. */
    public static final long KV_ACTOR_BYTES_MAX = 10_240L * MIB;

    public static final int STORE_QUEUE_MAX = 65_536;
    public static final int STORE_BATCH_MAX = 512;
    /** Writes waiting for the store, together; one larger write is taken when nothing else waits. */
    public static final int STORE_QUEUE_BYTES_MAX = 128 * MIB;
    /** Writes of one transaction, together; one larger write has a transaction of its own. */
    public static final int STORE_BATCH_BYTES_MAX = 16 * MIB;

    /** How long an unreachable database is tried for before writes fail. */
    public static final Duration STORE_RECONNECT_MAX = Duration.ofSeconds(10);

    public static final int LIST_PAGE_MAX = 1_000;

    private Limits() {}

    /** Throws AssertionError when two limits contradict each other. */
    public static void check() {
        require(PAYLOAD_BYTES_MAX + FRAME_META_BYTES_MAX <= FRAME_BODY_BYTES_MAX, "a payload fits into a frame");
        require(ASYNC_PAYLOAD_BYTES_MAX <= PAYLOAD_BYTES_MAX, "a stored payload is also a payload");
        require(RECORDED_RESULT_BYTES_MAX <= PAYLOAD_BYTES_MAX, "a recorded result is also a result");
        require(SOURCE_BYTES_MAX <= ARTIFACT_BYTES_MAX, "inline source is an artifact");
        require(STORE_BATCH_MAX <= STORE_QUEUE_MAX, "a batch fits into the queue");
        require(STORE_BATCH_BYTES_MAX <= STORE_QUEUE_BYTES_MAX, "a full batch fits into the queue");
        require(ACTOR_BODY_BYTES_MAX < RUNNER_FRAME_BYTES_MAX, "a body fits into a runner's frame");
        require(KV_KEY_BYTES_MAX + KV_VALUE_BYTES_MAX <= KV_PUT_BYTES_MAX, "the largest entry can be put");
        require(KV_PUT_BYTES_MAX <= KV_ANSWER_BYTES_MAX, "what was put can be got");
        require(KV_PUT_BYTES_MAX <= STORE_BATCH_BYTES_MAX, "a put fits into a batch of the store");
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new AssertionError("limits contradict each other: " + rule);
        }
    }
}
