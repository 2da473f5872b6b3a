// Rivet's driver test suite, against the engine at DRIVER_SUITE_ENDPOINT.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runDriverTests } from "rivetkit/driver-test-suite";
import { afterAll } from "vitest";

const endpoint = process.env.DRIVER_SUITE_ENDPOINT;
const token = process.env.DRIVER_SUITE_TOKEN || "any";
const run = crypto.randomUUID().slice(0, 8);
let starts = 0;

/** The process that hosts the runners, and what it was asked for and did not answer yet. */
class Host {
    #asked = new Map();
    #process = fork(fileURLToPath(new URL("host.mjs", import.meta.url)), { stdio: ["ignore", 2, 2, "ipc"] });
    gone = false;

    constructor() {
        this.ready = new Promise((resolve, reject) => this.#asked.set("ready", { resolve, reject }));
        this.#process.on("message", (answer) => {
            const asked = this.#asked.get(answer.ready ? "ready" : `${answer.order} ${answer.id}`);
            answer.error ? asked.reject(new Error(answer.error)) : asked.resolve();
        });
        this.#process.on("exit", (code) => {
            this.gone = true;
            this.#asked.forEach(({ reject }) => reject(new Error(`the host of the runners ended with ${code}`)));
        });
    }

    ask(order, args) {
        return new Promise((resolve, reject) => {
            this.#asked.set(`${order} ${args.id}`, { resolve, reject });
            this.#process.send({ order, ...args });
        });
    }

    end() {
        this.#process.kill("SIGKILL"); // RivetKit's handler of SIGTERM may not end it
    }
}

let host;

async function hostOfRunners() {
    if (host === undefined || host.gone) {
        host = new Host();
    }
    await host.ready;
    return host;
}

async function call(method, path, body) {
    const response = await fetch(`${endpoint}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: body && JSON.stringify(body),
    });
    if (!response.ok) {
        throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return await response.json();
}

async function awaitRunner(namespace, runnerName) {
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
        const { runners } = await call("GET", `/runners?namespace=${namespace}&name=${runnerName}`);
        if (runners.length > 0) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`no runner ${runnerName} came`);
}

async function start() {
    const name = `suite-${run}-${++starts}`;
    const runner = { id: name, endpoint, token, namespace: name, runnerName: `runner-${starts}` };
    await call("POST", "/namespaces", { name, display_name: name });
    // Runners that connect get a pool by themselves, but Rivet's engine may list them before it has that.
    const path = `/runner-configs/${runner.runnerName}?namespace=${name}`;
    await call("PUT", path, { datacenters: { default: { normal: {} } } });
    const by = await hostOfRunners();
    await by.ask("start", runner);
    await awaitRunner(runner.namespace, runner.runnerName);
    return {
        endpoint,
        namespace: runner.namespace,
        runnerName: runner.runnerName,
        // Nobody waits for it: actors of the suite may take seconds to stop.
        cleanup: async () => {
            if (!by.gone) {
                by.ask("stop", { id: name }).catch((error) => console.error(error));
            }
        },
    };
}

afterAll(() => host?.end());

runDriverTests({
    start,
    useRealTimers: true,
    // The inline client is RivetKit's own, inside the process that hosts its own manager: engines have no part in it.
    skip: { inline: true, sandbox: true, agentOs: true },
});
