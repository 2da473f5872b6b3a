'use strict';
// V8 seeds Math.random once, before the fork: every machine would draw the same numbers. A forked machine is another
// process, so whoever draws in one that is new begins with bytes of its own.
const { randomFillSync } = require('node:crypto');
const drawn = new Float64Array(64);
const words = new BigUint64Array(drawn.buffer);
let process_ = 0, next = drawn.length;

Math.random = function random() {
    if (next === drawn.length || process_ !== process.pid) {
        process_ = process.pid;
        randomFillSync(words);
        next = 0;
    }
    return Number(words[next++] >> 11n) / 2 ** 53;
};
