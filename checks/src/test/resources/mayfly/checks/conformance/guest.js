// What the machine conformance kit runs in Node machines; the same deeds as guest.py.
'use strict';
const fs = require('fs');
const net = require('net');
const { spawn, execSync } = require('child_process');

let calls = 0;
const attempt = (deed) => { try { return deed(); } catch { return undefined; } };
/** Starts a process; false where machines have a single one. */
const child = (program, words, detached = false) => {
  try {
    spawn(program, words, { stdio: 'ignore', detached }).unref();
    return true;
  } catch (error) {
    if (error.code !== 'ENOSYS') throw error;
    return false;
  }
};
const forever = () => new Promise(() => setInterval(() => {}, 1000));

const deeds = {
  echo: (event) => event,
  fail(event) {
    throw new RangeError(event.text); // raises here
  },
  count: () => ++calls,
  leave(event) {
    fs.writeFileSync('/tmp/left', 'secret');
    process.env.LEFT = 'secret';
    const children = child('sleep', ['1000']) && child('sleep', ['1000'], true);
    while (children && deeds.look(event).sleeping < 2); // a process gets its name a little after its exec
    return deeds.look(event);
  },
  look() {
    const sleeping = fs.readdirSync('/proc').filter((pid) => attempt(() => fs.readFileSync(`/proc/${pid}/comm`, 'utf8')) === 'sleep\n');
    return { tmp: fs.existsSync('/tmp/left'), env: process.env.LEFT ?? null, sleeping: sleeping.length, calls };
  },
  random: () => [Math.random(), require('crypto').randomBytes(8).toString('hex')],
  spin() {
    for (;;);
  },
  block: forever,
  stubborn() {
    for (const name of Object.keys(require('os').constants.signals)) attempt(() => process.on(name, () => {}));
    child('sh', ['-c', "trap '' TERM INT HUP; while :; do sleep 1000; done"], true);
    return forever();
  },
  bomb() {
    child('sh', ['-c', 'bomb() { bomb | bomb & }; while :; do bomb; done'], true);
    return forever();
  },
  hog() {
    const kept = [];
    for (;;) kept.push(new Array(100000).fill(kept.length + 0.5));
  },
  print(event) {
    for (let i = 0; i < event.mb << 4; i++) console.log('x'.repeat(65535));
    return 'done';
  },
  descriptor1(event) {
    const page = Buffer.alloc(1 << 16, 'x');
    attempt(() => { for (let i = 0; i < event.mb << 4; i++) fs.writeSync(1, page); });
    return 'done';
  },
  log() {
    console.log('to stdout');
    console.error('to stderr');
    try {
      execSync('echo from a child', { stdio: 'inherit' });
    } catch (error) {
      if (error.code !== 'ENOSYS') throw error;
    }
    return 'done';
  },
  close() {
    for (let fd = 3; fd < 64; fd++) if (attempt(() => fs.fstatSync(fd).isSocket())) attempt(() => fs.closeSync(fd));
    return 'closed';
  },
  garbage() {
    for (let fd = 3; fd < 64; fd++) {
      if (attempt(() => fs.fstatSync(fd).isSocket())) attempt(() => fs.writeSync(fd, Buffer.alloc(4096, 0xff)));
    }
    return forever();
  },
  exit: () => process.reallyExit(7),
  abort: () => process.abort(),
  read(event) {
    try {
      return `read ${fs.readFileSync(event.path).length} bytes`;
    } catch (error) {
      return `refused: ${error.code}`;
    }
  },
  list(event) {
    try {
      return fs.readdirSync(event.path).sort();
    } catch (error) {
      return [`refused: ${error.code}`];
    }
  },
  async connect(event) {
    const reached = [];
    const targets = [{ host: '127.0.0.1', port: event.port }, { host: event.address, port: event.port },
      { host: '192.0.2.1', port: 80 }, { path: event.path }];
    for (const target of targets) {
      await new Promise((next) => {
        const socket = net.connect({ ...target, timeout: 2000 }, () => { reached.push(JSON.stringify(target)); socket.destroy(); next(); });
        socket.on('error', next);
        socket.on('timeout', () => { socket.destroy(); next(); });
      });
    }
    return reached;
  },
  signal(event) {
    const reached = event.pids.filter((pid) => attempt(() => process.kill(pid, 'SIGKILL')));
    for (const pid of [process.ppid, -1]) attempt(() => process.kill(pid, 'SIGKILL'));
    return reached;
  },
};

exports.echo = (event) => event;
exports.handle = (event) => deeds[event.do](event);
