'use strict';
// Node runs this at its start, in machines that serve connections. They are copies of one that waited for a connection,
// and V8 seeds Math.random once: all of them would draw the same numbers. A connection's draws begin with new bytes.
const { randomFillSync } = require('node:crypto');
const { EventEmitter } = require('node:events');
const { Server } = require('node:net');

const words = new BigUint64Array(64);
let next = words.length;

Math.random = function random() {
  if (next === words.length) {
    randomFillSync(words);
    next = 0;
  }
  return Number(words[next++] >> 11n) / 2 ** 53;
};

Server.prototype.emit = function emit(event, ...values) {
  if (event === 'connection') next = words.length;
  return EventEmitter.prototype.emit.call(this, event, ...values);
};
