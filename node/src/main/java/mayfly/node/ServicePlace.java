package mayfly.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import mayfly.base.Clock;

/**
 * What the services of one node share.
 *
 * @param machines that the node may have at once, functions' included
 * @param data the node's directory, whose place on the host clients are not told
 * @param healthEvery how often templates are asked whether they still answer
 * @param machineAgeMax after which an unused machine is replaced
 */
public record ServicePlace(
        Clock clock,
        ScheduledExecutorService timers,
        Semaphore machines,
        Path data,
        Duration healthEvery,
        Duration machineAgeMax) {}
