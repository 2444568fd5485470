// What the page says to the server, and to who looks at it.
import { eventOf, sourceName } from "./drawing.js";

const CLASSES = ["no ball", "easy", "hard to see", "occluded"];
const EVENTS = { "-1": "nothing said", 0: "none", 1: "hit", 2: "bounce" };

export const $ = (id) => document.getElementById(id);

export function say(text, bad = false) {
  $("message").textContent = text;
  $("message").className = bad ? "bad" : "";
}

export async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || answer.statusText);
  return told;
}

export function rowOf(rows, frame) {
  return { frame, x: rows.x[frame], y: rows.y[frame], visibility: rows.visibility[frame], status: rows.status[frame] };
}

// The row with the ball at a place, to a hundredth of a pixel.
export function placed(one, place) {
  const [x, y] = place.map((value) => Math.round(value * 100) / 100);
  return { ...one, x, y, visibility: one.visibility || 1 };
}

// The last frame that is shown at a time or before.
export function frameAt(times, seconds) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= seconds + 2e-3) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function facts(state) {
  const one = rowOf(state.rows, state.frame);
  const { rows, frame, summary } = state;
  $("frame").textContent = `${frame} of ${state.frames - 1}`;
  $("time").textContent = `${state.times[frame].toFixed(3)} s`;
  $("ball").textContent = one.x === null ? "none" : `${one.x.toFixed(1)}, ${one.y.toFixed(1)}`;
  $("source").textContent = one.x === null ? (state.corrected.has(frame) ? "said to have none" : "–") : `${sourceName(rows, frame)}, ${rows.score[frame].toFixed(2)}`;
  $("visibility").textContent = CLASSES[one.visibility];
  const shown = eventOf(rows, frame);
  $("event").textContent = shown === one.status ? EVENTS[shown] : `${EVENTS[shown]}, found`;
  $("undo").disabled = !state.undo;
  $("redo").disabled = !state.redo;
  $("done").textContent = state.done ? "Not done" : "Done";
  const open = state.doubtful.filter((each) => !state.corrected.has(each)).length;
  $("left").textContent = [$("left").dataset.video, `${open} doubtful places left`].filter(Boolean).join("; ");
  const told = Object.entries(summary).filter(([, count]) => count).map(([name, count]) => `${count} ${name}`);
  $("changed").textContent = told.length ? `kept: ${told.join(", ")}` : "nothing changed yet";
}
