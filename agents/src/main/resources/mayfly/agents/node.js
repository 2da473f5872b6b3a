// Mayfly's Node agent: one process per machine, started ahead of need. Descriptor 3 is the machine's connection: Init
// loads the module, each Exec runs the handler. While nothing runs the process waits in a blocking read, so timers and
// promises of an earlier call stand still. CommonJS, no dependencies, Node 18 or newer.
//
// Frames: u32 body length, u8 version, u8 type, u16 meta length, then meta (JSON) and bytes; big-endian.
'use strict';
const fs = require('fs');

const CHANNEL = 3;
const INIT = 1, EXEC = 2, RESPONSE = 3, PING = 4, LOG = 5;
const BODY_MAX = 8 << 20, OUTPUT_MAX = 6 << 20;
const LOG_MAX = 256 << 10, LOG_FRAME_MAX = 16 << 10, TAIL_MIN = 4 << 10;
const MESSAGE_MAX = 4 << 10, STACK_MAX = 16 << 10;
const EXIT_CHANNEL_LOST = 81, EXIT_PROTOCOL = 82;
const exit = process.reallyExit.bind(process);

// ---- the channel ----

const turn = new Int32Array(new SharedArrayBuffer(4));
let rest = Buffer.alloc(0);

/** Retries a call on the channel while the descriptor is not ready; a channel that is lost ends the process. */
function insist(call) {
  for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
    try {
      return call();
    } catch (error) {
      if (error.code === 'EAGAIN') Atomics.wait(turn, 0, 0, pause);
      else if (error.code !== 'EINTR') exit(EXIT_CHANNEL_LOST);
    }
  }
}

function fill(length) {
  if (rest.length >= length) return true;
  const whole = Buffer.allocUnsafe(Math.max(length, 65536));
  let at = rest.copy(whole);
  while (at < length) {
    const got = insist(() => fs.readSync(CHANNEL, whole, at, whole.length - at, null));
    if (got === 0) return false;
    at += got;
  }
  rest = whole.subarray(0, at);
  return true;
}

function readFrame() {
  if (!fill(8)) exit(0); // the node hung up
  const body = rest.readUInt32BE(0), type = rest[5], meta = rest.readUInt16BE(6);
  if (rest[4] !== 1 || body > BODY_MAX || meta > body) exit(EXIT_PROTOCOL);
  if (!fill(8 + body)) exit(0);
  const frame = { type, meta: rest.subarray(8, 8 + meta), bytes: rest.subarray(8 + meta, 8 + body) };
  rest = rest.subarray(8 + body);
  return frame;
}

function writeFrame(type, meta, bytes) {
  const head = Buffer.from('12345678' + meta);
  head.writeUInt32BE(head.length - 8 + bytes.length, 0);
  head[4] = 1;
  head[5] = type;
  head.writeUInt16BE(head.length - 8, 6);
  const all = bytes.length === 0 ? head : Buffer.concat([head, bytes]);
  for (let at = 0; at < all.length;) at += insist(() => fs.writeSync(CHANNEL, all, at, all.length - at, null));
}

const NOTHING = Buffer.alloc(0);
const respond = (meta, bytes = NOTHING) => writeFrame(RESPONSE, JSON.stringify(meta), bytes);

// ---- output ----

let logLeft = 0;
const virtual = process.env.MAYFLY_VIRTUAL === '1'; // descriptors 1 and 2 are the machine's log already
delete process.env.MAYFLY_VIRTUAL;
let calling = false; // output between calls has nobody to go to

function log(stream, bytes) {
  if (!calling || logLeft < 0) return;
  const kept = bytes.length > logLeft ? bytes.subarray(0, logLeft) : bytes;
  logLeft = bytes.length > logLeft ? -1 : logLeft - bytes.length;
  for (let at = 0; at < kept.length; at += LOG_FRAME_MAX) {
    writeFrame(LOG, `{"stream":${stream}}`, kept.subarray(at, at + LOG_FRAME_MAX));
  }
  if (logLeft < 0) {
    writeFrame(LOG, '{"stream":2}', Buffer.from(`\n[mayfly: log cut here, it is longer than ${LOG_MAX} bytes]\n`));
  }
}

/** What native code and child processes wrote to descriptor 1 or 2, if that is a file of our own. */
function logTail() {
  let size;
  try {
    const stat = fs.fstatSync(1);
    if (!stat.isFile() || stat.nlink !== 0 || stat.size === 0) return;
    size = stat.size;
    const tail = Buffer.allocUnsafe(Math.min(size, Math.max(logLeft, TAIL_MIN)));
    const got = fs.readSync(1, tail, 0, tail.length, size - tail.length);
    fs.ftruncateSync(1, 0);
    if (tail.length < size) {
      writeFrame(LOG, '{"stream":1}', Buffer.from(`[mayfly: the first ${size - tail.length} bytes written here are left out]\n`));
    }
    for (let at = 0; at < got; at += LOG_FRAME_MAX) {
      writeFrame(LOG, '{"stream":1}', tail.subarray(at, Math.min(got, at + LOG_FRAME_MAX)));
    }
  } catch {
    // the handler put something else there
  }
}

/**
 * In a virtual machine, for each call: its copies share their random state. Math.random gets a generator of its own
 * (sfc32); OpenSSL's notices that the process has another id.
 */
function plant(seed) {
  let a = seed >>> 0, b = Math.floor(seed / 4294967296) >>> 0, c = 0x9e3779b9, count = 1;
  const next = () => {
    const out = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + out | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  Math.random = () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

function captureOutput() {
  const { Writable } = require('stream');
  for (const [name, fd] of [['stdout', 1], ['stderr', 2]]) {
    const stream = new Writable({
      decodeStrings: true,
      write(chunk, _, done) {
        log(fd, chunk);
        done();
      },
    });
    stream.fd = fd;
    stream.isTTY = false;
    stream.destroy = () => stream; // a handler that closes its output only silences itself
    stream._destroy = (_, done) => done();
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
  }
}

/**
 * Before a virtual machine is frozen: what the first words on the console make (the console itself, its formats) is then
 * in the machine's copies, and not made again in each. Nobody hears them.
 */
function rehearseOutput() {
  for (let i = 0; i < 2; i++) {
    console.log('%s %o', 'x', { x: [1] });
    console.error(new Error('x'));
  }
}

// ---- errors ----

let code = '/app';

function describe(error) {
  try {
    const isError = error !== null && typeof error === 'object' && typeof error.stack === 'string';
    let type = isError ? (error.constructor && error.constructor.name) || error.name : 'Error';
    if (error instanceof Refusal) type = error.type;
    const message = isError ? String(error.message) : `thrown: ${require('util').inspect(error, { depth: 2 })}`;
    const stack = isError && !(error instanceof Refusal) ? shown(error.stack) : '';
    const { file, line } = place(stack);
    return { type: String(type), message: message.slice(0, MESSAGE_MAX), stack: stack.slice(0, STACK_MAX), file, line };
  } catch {
    return { type: 'Error', message: '(the error could not be shown)' };
  }
}

/** The first position in the user's code that a stack names: "/app/x.js:3" heads a syntax error, "(/app/x.js:3:5)" a frame. */
function place(stack) {
  for (let at = stack.indexOf(code + '/'); at >= 0; at = stack.indexOf(code + '/', at + 1)) {
    const found = /^([^\s:()]+):(\d+)/.exec(stack.slice(at + code.length + 1));
    if (found) return { file: found[1], line: Number(found[2]) };
  }
  return { file: '', line: 0 };
}

/** A stack without our own frames. */
const shown = (stack) => stack.split('\n').filter((line) => !line.includes(__filename)).join('\n');

/** An error that the agent found, in our words. */
class Refusal extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

// ---- the handler ----

function moduleFile(name) {
  for (const end of ['.js', '.mjs', '.cjs', '/index.js', '/index.mjs']) {
    if (fs.existsSync(`${code}/${name}${end}`)) return `${code}/${name}${end}`;
  }
  const found = fs.readdirSync(code).filter((entry) => !entry.startsWith('.')).sort().slice(0, 20).join(', ');
  throw new Refusal('HandlerMissing', `there is neither ${name}.js nor ${name}.mjs, ${name}.cjs, ${name}/index.js; the code has: ${found}`);
}

async function loadModule(file) {
  if (!file.endsWith('.mjs')) {
    try {
      return require(file);
    } catch (error) {
      const isEsm = error && (error.code === 'ERR_REQUIRE_ESM' || error.code === 'ERR_REQUIRE_ASYNC_MODULE');
      if (!isEsm) throw error;
    }
  }
  return import(require('url').pathToFileURL(file));
}

async function loadHandler(name) {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || !/^[\w$/-]+(\.[\w$/-]+)*$/.test(name) || name.includes('..')) {
    throw new Refusal('HandlerInvalid', `handler '${name}' is not of the form module.function`);
  }
  process.chdir(code);
  process.argv = [process.argv[0], code];
  const loaded = await loadModule(moduleFile(name.slice(0, dot)));
  const wanted = name.slice(dot + 1);
  const found = loaded[wanted] ?? loaded.default?.[wanted] ?? (wanted === 'default' ? loaded.default : undefined);
  if (found === undefined) {
    const names = [...new Set([...Object.keys(loaded), ...Object.keys(loaded.default ?? {})])].sort().join(', ') || 'nothing';
    throw new Refusal('HandlerMissing', `handler '${name}': the module exports no '${wanted}'; it exports: ${names}`);
  }
  if (typeof found !== 'function') {
    throw new Refusal('HandlerInvalid', `handler '${name}' is ${typeof found}, not a function`);
  }
  return found;
}

/** Milliseconds of a clock that never jumps; `performance` would have to be loaded first. */
function now() {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1000 + nanos / 1e6;
}

function makeContext(init, meta) {
  const end = now() + (meta.deadline_ms || 0);
  const [functionName, functionVersion = ''] = (init.name || '').split('@');
  return {
    invocationId: meta.id,
    awsRequestId: meta.id,
    functionName,
    functionVersion,
    memoryLimit: init.memory || 0, // bytes
    deadline: Date.now() + (meta.deadline_ms || 0), // milliseconds since 1970 at which the machine is killed
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(end - now())),
  };
}

/** Resolves with what the handler gives, whichever of the three ways it gives it. */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const byCallback = handler.length >= 3;
    const result = handler(event, context, (error, value) => (error == null ? resolve(value) : reject(error)));
    if (!byCallback || (result !== null && typeof result === 'object' && typeof result.then === 'function')) resolve(result);
  });
}

/** [is JSON, bytes] of a result. */
function encode(result) {
  let isJson = false, bytes;
  if (result instanceof Uint8Array) {
    bytes = Buffer.from(result.buffer, result.byteOffset, result.byteLength);
  } else if (result instanceof ArrayBuffer) {
    bytes = Buffer.from(result);
  } else {
    isJson = true;
    let text;
    try {
      text = JSON.stringify(result === undefined ? null : result);
    } catch (error) {
      throw new Refusal('ResultInvalid', `the handler's result is neither bytes nor JSON: ${error.message}`);
    }
    if (text === undefined) throw new Refusal('ResultInvalid', `the handler's result is a ${typeof result}, neither bytes nor JSON`);
    bytes = Buffer.from(text);
  }
  if (bytes.length > OUTPUT_MAX) {
    throw new Refusal('ResultTooLarge', `the handler's result has ${bytes.length} bytes, at most ${OUTPUT_MAX} are allowed`);
  }
  return [isJson, bytes];
}

// ---- serving ----

let fail = null; // how an error outside the handler's own promise ends the call, or null between calls

async function perform(handler, init, meta, payload) {
  logLeft = LOG_MAX;
  calling = true;
  const start = now();
  const micros = () => Math.round((now() - start) * 1000);
  let answer, output = NOTHING;
  try {
    let event = payload;
    if (meta.json) {
      try {
        event = payload.length === 0 ? null : JSON.parse(payload.toString());
      } catch (error) {
        throw new Refusal('PayloadInvalid', `the payload is not JSON: ${error.message}`);
      }
    }
    const result = await Promise.race([
      new Promise((_, reject) => { fail = reject; }),
      call(handler, event, makeContext(init, meta)),
    ]);
    const [json, bytes] = encode(result);
    answer = { status: 'ok', json, us: micros() };
    output = bytes;
  } catch (error) {
    answer = { status: 'error', us: micros(), error: describe(error) };
  }
  fail = null;
  if (!virtual) logTail();
  calling = false;
  respond(answer, output);
}

async function serve() {
  captureOutput();
  if (virtual) rehearseOutput();
  const first = readFrame();
  if (first.type !== INIT) exit(EXIT_PROTOCOL);
  const init = JSON.parse(first.meta.toString());
  code = init.code || code;
  const loading = setTimeout(() => {}, 0x7fffffff); // a module that awaits may have nothing else to stay alive for
  let handler;
  try {
    handler = await loadHandler(init.handler || '');
  } catch (error) {
    respond({ status: 'error', error: describe(error) });
    return readFrame();
  }
  clearTimeout(loading);
  respond({ status: 'ready' });
  for (;;) {
    const frame = readFrame();
    if (frame.type === PING) {
      writeFrame(PING, '', NOTHING);
      continue;
    }
    if (frame.type !== EXEC) exit(EXIT_PROTOCOL);
    const meta = JSON.parse(frame.meta.toString());
    if (meta.seed !== undefined) plant(meta.seed);
    await perform(handler, init, meta, frame.bytes);
    if (!init.reusable) exit(0);
  }
}

const stray = (error) => {
  if (fail) fail(error);
  // after the response, or while nothing runs: it has nobody to go to and must not end the machine
};
process.on('uncaughtException', stray);
process.on('unhandledRejection', stray);
process.on('exit', () => {
  if (calling) logTail(); // process.exit inside the handler: what was written last may say why
});
process.on('beforeExit', () => {
  // the event loop is empty while a call is open: its promise can never settle
  if (fail) fail(new Refusal('NeverSettles', "the handler's promise or callback cannot be settled any more: nothing is left to wait for"));
});
serve();
