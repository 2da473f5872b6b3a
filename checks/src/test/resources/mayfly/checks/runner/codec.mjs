// The codec that Rivet publishes, one request a line.
// In:  "s HEX" or "c HEX", bytes of a ToServer or ToClient message; "generate SEED COUNT".
// Out: for bytes, what the message that they are encodes to, or "malformed"; for generate, COUNT lines "s HEX" or "c HEX".
import * as protocol from "@rivetkit/engine-runner-protocol";
import { createInterface } from "node:readline";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const coders = {
  s: [protocol.decodeToServer, protocol.encodeToServer],
  c: [protocol.decodeToClient, protocol.encodeToClient],
};
const config = { maxBufferLength: 32 << 20 };

function again(kind, text) {
  const [decode, encode] = coders[kind];
  let message;
  try {
    message = decode(new Uint8Array(Buffer.from(text, "hex")));
  } catch (error) {
    if (error.name !== "BareError") throw error;
    return "malformed";
  }
  return hex(encode(message, config));
}

// Messages of its own making, so that what Java never writes is read too.
let state = 0;
const next = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * below);
};
const bool = () => next(2) === 1;
const maybe = (value) => (bool() ? value() : null);
const lengths = [0, 1, 3, 127, 128, 255, 256, 300];
const bytes = (length = lengths[next(lengths.length)]) => Uint8Array.from({ length }, () => next(256)).buffer;
const string = () => Array.from({ length: lengths[next(lengths.length)] }, () => "aZ/\u007f\u00e9\u07ff\u20ac\u{1f600}\u{10ffff}".at(next(7))).join("");
const text = () => Array.from({ length: next(40) }, () => [..."a/\u00e9\u20ac\u{1f600}"][next(5)]).join("");
const u16 = () => next(65536);
const u32 = () => next(4294967296);
const i64 = () => BigInt.asIntN(64, (BigInt(u32()) << 32n) | BigInt(u32()));
const u64 = () => BigInt.asUintN(64, i64());
const list = (element) => Array.from({ length: next(4) }, element);
const map = (value) => new Map(list(() => [text(), value()]));
const of = (...members) => {
  const [tag, val] = members[next(members.length)]();
  return { tag, val };
};
const checkpoint = () => ({ actorId: text(), generation: u32(), index: i64() });
const id = () => ({ gatewayId: bytes(4), requestId: bytes(4), messageIndex: u16() });
const metadata = () => ({ version: bytes(), updateTs: i64() });
const found = () => ({ keys: list(() => bytes()), values: list(() => bytes()), metadata: list(metadata) });
const event = () =>
  of(
    () => ["EventActorIntent", { intent: of(() => ["ActorIntentSleep", null], () => ["ActorIntentStop", null]) }],
    () => ["EventActorStateUpdate", { state: of(
      () => ["ActorStateRunning", null],
      () => ["ActorStateStopped", { code: bool() ? "Ok" : "Error", message: maybe(text) }]) }],
    () => ["EventActorSetAlarm", { alarmTs: maybe(i64) }],
  );
const command = () =>
  of(
    () => ["CommandStartActor", {
      config: { name: text(), key: maybe(text), createTs: i64(), input: maybe(() => bytes()) },
      hibernatingRequests: list(() => ({ gatewayId: bytes(4), requestId: bytes(4) })) }],
    () => ["CommandStopActor", null],
  );
const query = () =>
  of(
    () => ["KvListAllQuery", null],
    () => ["KvListRangeQuery", { start: bytes(), end: bytes(), exclusive: bool() }],
    () => ["KvListPrefixQuery", { key: bytes() }],
  );
const kvRequest = () =>
  of(
    () => ["KvGetRequest", { keys: list(() => bytes()) }],
    () => ["KvListRequest", { query: query(), reverse: maybe(bool), limit: maybe(u64) }],
    () => ["KvPutRequest", { keys: list(() => bytes()), values: list(() => bytes()) }],
    () => ["KvDeleteRequest", { keys: list(() => bytes()) }],
    () => ["KvDeleteRangeRequest", { start: bytes(), end: bytes() }],
    () => ["KvDropRequest", null],
  );
const kvResponse = () =>
  of(
    () => ["KvErrorResponse", { message: text() }],
    () => ["KvGetResponse", found()],
    () => ["KvListResponse", found()],
    () => ["KvPutResponse", null],
    () => ["KvDeleteResponse", null],
    () => ["KvDropResponse", null],
  );
const toServerKind = () =>
  of(
    () => ["ToServerResponseStart", { status: u16(), headers: map(string), body: maybe(() => bytes()), stream: bool() }],
    () => ["ToServerResponseChunk", { body: bytes(), finish: bool() }],
    () => ["ToServerResponseAbort", null],
    () => ["ToServerWebSocketOpen", { canHibernate: bool() }],
    () => ["ToServerWebSocketMessage", { data: bytes(), binary: bool() }],
    () => ["ToServerWebSocketMessageAck", { index: u16() }],
    () => ["ToServerWebSocketClose", { code: maybe(u16), reason: maybe(text), hibernate: bool() }],
  );
const toClientKind = () =>
  of(
    () => ["ToClientRequestStart", {
      actorId: text(), method: text(), path: string(), headers: map(string), body: maybe(() => bytes()), stream: bool() }],
    () => ["ToClientRequestChunk", { body: bytes(), finish: bool() }],
    () => ["ToClientRequestAbort", null],
    () => ["ToClientWebSocketOpen", { actorId: text(), path: string(), headers: map(string) }],
    () => ["ToClientWebSocketMessage", { data: bytes(), binary: bool() }],
    () => ["ToClientWebSocketClose", { code: maybe(u16), reason: maybe(text) }],
  );
const toServer = () =>
  of(
    () => ["ToServerInit", {
      name: text(), version: u32(), totalSlots: u32(),
      prepopulateActorNames: maybe(() => map(() => ({ metadata: text() }))), metadata: maybe(string) }],
    () => ["ToServerEvents", list(() => ({ checkpoint: checkpoint(), inner: event() }))],
    () => ["ToServerAckCommands", { lastCommandCheckpoints: list(checkpoint) }],
    () => ["ToServerStopping", null],
    () => ["ToServerPong", { ts: i64() }],
    () => ["ToServerKvRequest", { actorId: text(), requestId: u32(), data: kvRequest() }],
    () => ["ToServerTunnelMessage", { messageId: id(), messageKind: toServerKind() }],
  );
const toClient = () =>
  of(
    () => ["ToClientInit", { runnerId: text(), metadata: {
      runnerLostThreshold: i64(), actorStopThreshold: i64(), serverlessDrainGracePeriod: maybe(i64) } }],
    () => ["ToClientCommands", list(() => ({ checkpoint: checkpoint(), inner: command() }))],
    () => ["ToClientAckEvents", { lastEventCheckpoints: list(checkpoint) }],
    () => ["ToClientKvResponse", { requestId: u32(), data: kvResponse() }],
    () => ["ToClientTunnelMessage", { messageId: id(), messageKind: toClientKind() }],
    () => ["ToClientPing", { ts: i64() }],
  );

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, what, count] = line.split(" ");
  const answers = [];
  if (kind === "generate") {
    state = Number(what) >>> 0;
    for (let at = 0; at < Number(count); at++) {
      answers.push(bool() ? "s " + hex(coders.s[1](toServer())) : "c " + hex(coders.c[1](toClient())));
    }
  } else {
    answers.push(again(kind, what ?? ""));
  }
  process.stdout.write(answers.join("\n") + "\n");
}
