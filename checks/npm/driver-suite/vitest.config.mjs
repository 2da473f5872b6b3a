import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["suite.test.mjs"],
        testTimeout: 30_000,
        // Most cases wait for fixed times, some with 75 ms to spare: a busy machine is no defect.
        retry: Number(process.env.DRIVER_SUITE_RETRIES ?? 0),
        // One process for all: runners are hosted outside it.
        pool: "forks",
        poolOptions: { forks: { singleFork: true } },
        // Most tests wait for actors to sleep.
        sequence: { concurrent: process.env.DRIVER_SUITE_CONCURRENCY !== "1" },
        maxConcurrency: Number(process.env.DRIVER_SUITE_CONCURRENCY ?? 1),
        dangerouslyIgnoreUnhandledErrors: true,
    },
});
