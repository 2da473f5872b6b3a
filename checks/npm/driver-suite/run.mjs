// node run.mjs --endpoint URL [--report FILE] [--encoding bare] [--only REGEX] [--known] [--concurrency N] [--retries N]
// Runs Rivet's driver test suite against an engine and prints what passed, by group of cases.
//
// Packages are taken from ../node_modules, or from the folder that MAYFLY_NPM names: then from a copy beside a link to it.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
    options: {
        endpoint: { type: "string" },
        report: { type: "string" },
        encoding: { type: "string", default: "bare" }, // or cbor, json, or all
        only: { type: "string", default: "" },
        known: { type: "boolean", default: false }, // also the cases that known.json lists
        concurrency: { type: "string", default: "1" },
        retries: { type: "string", default: "0" },
    },
});
if (options.endpoint === undefined) {
    throw new Error("--endpoint is missing");
}

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = join(process.env.MAYFLY_NPM || join(here, ".."), "node_modules");
const work = mkdtempSync(join(tmpdir(), "driver-suite-"));
const suite = process.env.MAYFLY_NPM ? join(work, "driver-suite") : here;
if (suite !== here) {
    cpSync(here, suite, { recursive: true });
    symlinkSync(packages, join(work, "node_modules"));
}
const report = options.report ?? join(work, "report.json");

const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Selects by the whole name of a case: "Driver Tests client type (http) encoding (bare) Raw HTTP should ...". */
function pattern() {
    const known = JSON.parse(readFileSync(join(here, "known.json"), "utf8"));
    const without = options.known ? [] : known.map((entry) => quoted(entry.case));
    const encoding = options.encoding === "all" ? "" : `(?=.*encoding \\(${options.encoding}\\))`;
    const only = options.only === "" ? "" : `(?=.*(?:${options.only}))`;
    return `^${without.length === 0 ? "" : `(?!.*(?:${without.join("|")})$)`}${encoding}${only}`;
}

function summarize() {
    const cases = JSON.parse(readFileSync(report, "utf8")).testResults.flatMap((file) => file.assertionResults);
    const groups = new Map();
    for (const { ancestorTitles, fullName, title, status, failureMessages } of cases) {
        // Not asked for: another encoding, or not of --only.
        if (status === "pending" || status === "skipped" || status === "todo") {
            continue;
        }
        const inside = ancestorTitles.slice(3).filter((name) => name !== "Actor Driver Tests");
        const group = groups.get(inside[0]) ?? { passed: 0, failed: 0 };
        groups.set(inside[0], group);
        group[status]++;
        if (status === "failed") {
            console.log(`FAILED ${fullName.replace(/^Driver Tests client type \(http\) /, "")}`);
            console.log(`    ${failureMessages.join("\n").split("\n").slice(0, 4).join("\n    ")}`);
        }
    }
    let total = 0;
    let failed = 0;
    for (const [name, group] of groups) {
        console.log(`${String(group.passed).padStart(4)} passed ${String(group.failed).padStart(3)} failed  ${name}`);
        total += group.passed + group.failed;
        failed += group.failed;
    }
    console.log(`${total - failed} passed, ${failed} failed`);
    return failed;
}

const vitest = spawn(
    process.execPath,
    [
        join(packages, "vitest/vitest.mjs"),
        "run",
        "--config",
        join(suite, "vitest.config.mjs"),
        "--root",
        suite,
        "--reporter=json",
        `--outputFile=${report}`,
        "--testNamePattern",
        pattern(),
    ],
    {
        cwd: suite,
        stdio: ["ignore", 2, 2],
        env: {
            ...process.env,
            DRIVER_SUITE_ENDPOINT: options.endpoint,
            DRIVER_SUITE_CONCURRENCY: options.concurrency,
            DRIVER_SUITE_RETRIES: options.retries,
            NO_COLOR: "1",
        },
    },
);
for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => vitest.kill(signal));
}
vitest.on("exit", () => {
    const failed = existsSync(report) ? summarize() : console.log("vitest wrote no report");
    rmSync(work, { recursive: true, force: true });
    process.exit(failed === 0 ? 0 : 1);
});
