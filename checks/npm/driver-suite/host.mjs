// Hosts runners with the suite's actors: one for each start that the suite's process asks for, each with a name and a
// namespace of its own. One process hosts many, one after another: loading RivetKit takes longer than most tests.
import { createClientWithDriver, createEngineDriver, setup } from "rivetkit";
import { actors } from "./fixtures/all.mjs";

const runners = new Map();

/** What a runner made by `registry.startRunner()` does, but one that can be stopped. */
function start({ id, endpoint, token, namespace, runnerName }) {
    const registry = setup({
        use: actors,
        endpoint,
        token,
        namespace,
        runner: { runnerName },
        test: { enabled: true },
        inspector: { enabled: true, token: () => "token" },
        noWelcome: true, // what it logs: RIVET_LOG_LEVEL
    });
    const config = registry.parseConfig();
    const driver = createEngineDriver();
    const manager = driver.manager(config);
    runners.set(id, driver.actor(config, manager, createClientWithDriver(manager)));
}

async function stop(id) {
    const runner = runners.get(id);
    runners.delete(id);
    await runner?.shutdownRunner(true);
}

process.on("message", async ({ order, ...args }) => {
    try {
        if (order === "start") {
            start(args);
        } else {
            await stop(args.id);
        }
        process.send({ id: args.id, order, done: true });
    } catch (error) {
        process.send({ id: args.id, order, error: error.stack ?? String(error) });
    }
});
process.on("disconnect", () => process.exit());
// Actors of the suite fail on purpose, also after they ended; that ends no other runner.
process.on("unhandledRejection", (reason) => console.error("unhandled rejection:", reason));
process.on("uncaughtException", (error) => console.error("uncaught:", error));
process.send({ ready: true });
