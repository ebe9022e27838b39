/**
 * Plays histories against a server; `tests/proof/run.py` starts it and answers for the office over stdin and stdout.
 * Arguments: one JSON: {"url", "seeds": [n], "replace": {module: file}, "shrink": bool, "history": {…} | null, "seconds": n | null, "kills": bool}
 */
import { createInterface } from 'node:readline';
import { appOf } from './bundle.js';
import { historyOf } from './events.js';
import { Line } from './line.js';
import { World } from './world.js';

const { url, seeds, replace = {}, shrink = true, history = null, seconds = null, kills = false } = JSON.parse(process.argv[2]);
/** Playing one history again while it is shortened. */
const MOST_REPLAYS = 80;
/** and for so long after the time that was given */
const OVERTIME_MS = 60_000;

/** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
const asked = new Map();
let serial = 0;
const answers = createInterface({ input: process.stdin });
answers.on('close', () => process.exit(1)); // whoever started it is gone
answers.on('line', (line) => {
  const { id, answer, error } = JSON.parse(line);
  const one = asked.get(id);
  asked.delete(id);
  if (error) one?.reject(new Error(error));
  else one?.resolve(answer);
});

// A page that dies while it makes its database leaves the promise of that transaction behind: nobody is there to hear it.
process.on('unhandledRejection', (reason) => {
  if (!(reason instanceof DOMException && reason.name === 'AbortError')) throw reason;
});

/** @param {any} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** @param {any} question @returns {Promise<any>} */
function office(question) {
  serial += 1;
  const id = serial;
  say({ id, question });
  return new Promise((resolve, reject) => { asked.set(id, { resolve, reject }); });
}

/** @param {any} played @param {Line} line @param {(globals: any) => any} app */
async function play(played, line, app) {
  const world = new World(line, office, app);
  try {
    await world.lay(played);
    for (const event of played.events) await world.play(event);
    const { broken, facts } = await world.judge(await world.quiet());
    return { broken, facts, ops: world.confirmed.size, acts: world.acts };
  } catch (error) {
    return { broken: [`the history could not be played: ${/** @type {Error} */ (error).stack}`], facts: {}, ops: world.confirmed.size, acts: world.acts };
  } finally {
    world.close();
  }
}

/** The law of a finding and what it is about, without ids and numbers: what a shorter history must break too. @param {string[]} broken */
function lawOf(broken) {
  return broken[0]?.replace(/[0-9a-f]{8}-[0-9a-f-]+|\d+/g, '').split(/ +/).slice(0, 3).join(' ');
}

/** The time is over, and more. */
function isLate() {
  return performance.now() > until + OVERTIME_MS;
}

/** Leaves out what is not needed for the same law to break. @param {any} failed @param {string[]} broken @param {Line} line @param {(globals: any) => any} app */
async function shorter(failed, broken, line, app) {
  let best = { history: failed, broken };
  let left = MOST_REPLAYS;
  for (let size = Math.ceil(failed.events.length / 2); size >= 1 && left > 0 && !isLate();) {
    let isShorter = false;
    for (let at = 0; at < best.history.events.length && left > 0 && !isLate();) {
      left -= 1;
      const events = best.history.events.toSpliced(at, size);
      const history = { ...best.history, events };
      const again = await play(history, line, app);
      if (lawOf(again.broken) === lawOf(broken)) {
        best = { history, broken: again.broken };
        isShorter = true;
      } else at += size;
    }
    if (!isShorter || size > 1) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  for (let at = 0; at < best.history.events.length; at += 1) {
    for (let n = (best.history.events[at].faults?.length ?? 0) - 1; n >= 0 && left > 0 && !isLate(); n -= 1) {
      left -= 1;
      const event = best.history.events[at];
      const history = { ...best.history, events: best.history.events.with(at, { ...event, faults: event.faults.toSpliced(n, 1) }) };
      const again = await play(history, line, app);
      if (lawOf(again.broken) === lawOf(broken)) best = { history, broken: again.broken };
    }
  }
  return best;
}

const app = await appOf(replace);
const line = new Line(url);
await line.open();
const until = seconds === null ? Infinity : performance.now() + seconds * 1000;
for (const seed of history ? [history.seed] : seeds) {
  if (performance.now() > until) break;
  const began = performance.now();
  const played = history ?? historyOf(seed, kills);
  const [requests, faults] = [line.requests, new Map(line.faults)];
  const { broken, facts, ops, acts } = await play(played, line, app);
  const injected = Object.fromEntries([...line.faults].map(([kind, times]) => [kind, times - (faults.get(kind) ?? 0)]).filter(([, times]) => Number(times) > 0));
  const report = { seed, ops, acts, requests: line.requests - requests, faults: injected, facts, ms: Math.round(performance.now() - began), broken, shortest: null };
  if (broken.length && shrink) {
    const { history: shortest, broken: still } = await shorter(played, broken, line, app);
    report.shortest = /** @type {any} */ ({ history: shortest, broken: still });
  }
  say({ report });
}
line.close();
say({ done: true });
process.exit(0);
