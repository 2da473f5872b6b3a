import { createClient } from "rivetkit/client";

const client = createClient({ endpoint: process.env.RIVET_ENDPOINT });
const counter = client.counter.getOrCreate(["mine"]);

const connection = counter.connect();
connection.on("count", (count) => console.log(`heard ${count}`));
console.log(`counted to ${await connection.increment()}`); // over the WebSocket
console.log(`counted to ${await counter.increment(2)}`); // over HTTP
await connection.dispose();
