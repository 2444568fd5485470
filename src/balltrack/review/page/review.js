// What keys, mouse and buttons do. The server keeps every change.
import { beginCourt, keyOfCourt, takeCorner } from "./court.js";
import { placeInLoupe, placeInView } from "./drawing.js";
import { between } from "./filling.js";
import { pause, play, prepareVideo } from "./playing.js";
import { frameAt, placed, rowOf, withEvent } from "./rows.js";
import { draw, hush, isExact, refresh, show, state, stay, tell } from "./showing.js";
import { $, ask, say } from "./talking.js";
import { frameInTimeline } from "./timeline.js";

const [view, loupe, timeline] = ["view", "loupe", "timeline"].map($);
const LEAP = 10; // seconds
const REACH = 14; // pixels of the screen within which a press takes hold of the ball

let sending = Promise.resolve();
let visited = -1; // which of the frames to visit was gone to last

// ---- changes, one after the other; what depends on the one before is worked out after it

function act(action, body = null) {
  sending = sending.then(async () => {
    try {
      const sent = typeof body === "function" ? body() : body;
      if (sent === undefined) return null;
      const told = await ask(`${action}?seen=${state.version}`, sent);
      take(told);
      return told;
    } catch (error) {
      if (error.status === 409) await refresh().then(draw, () => {});
      say(`not kept: ${error.message}`, true);
      return null;
    }
  });
  return sending;
}

function take({ changed = [], ...more }) {
  for (const row of changed) {
    for (const name of Object.keys(state.rows)) state.rows[name][row.frame] = row[name];
    state.corrected[row.corrected ? "add" : "delete"](row.frame);
  }
  Object.assign(state, more);
  draw();
}

// Whether what is shown can be changed: then it stays. What plays is only stopped.
function settle() {
  if (state.playing) pause();
  else if (isExact()) return stay(), true;
  return false;
}

// What becomes of the frame that is shown: rows, or nothing where there is nothing to be done.
function change(make) {
  if (!settle()) return null;
  hush();
  const { frame } = state;
  return act("change", () => make(rowOf(state, frame)));
}

async function changeAndGoOn(make) {
  const { frame } = state;
  const kept = await change((one) => [make(one)]);
  if (kept && $("advance").checked && state.wanted === frame) show(frame + 1);
}

const WITHOUT = { x: null, y: null, visibility: 0, filled: false };
const remove = () => changeAndGoOn((one) => ({ ...one, ...WITHOUT }));

function withBall(make) {
  return change((one) => {
    if (one.x !== null) return [{ ...make(one), filled: false }];
    say("there is no ball in this frame: click where it is, or use Alt and arrows", true);
    return undefined;
  });
}

function nudge(dx, dy) {
  const [x, y] = state.cursor;
  change((one) => [placed(one, one.x === null ? [x + dx, y + dy] : [one.x + dx, one.y + dy])]);
}

function fill() {
  return change(({ frame }) => {
    const filled = between({ ...state, frame });
    return typeof filled === "string" ? say(filled, true) : filled;
  });
}

// Undo or redo, where it can be seen.
async function again(action) {
  hush();
  const told = await act(action);
  if (told?.at.length && !told.at.includes(state.wanted)) show(told.at[0]);
}

const [undo, redo] = [() => again("undo"), () => again("redo")];

async function save() {
  const told = await act("save");
  if (told) say(told.saved ? `written: ${state.output}` : "nothing changed yet, nothing written");
}

async function finish() {
  if (!(await act("done", () => !state.done))) return;
  say(state.done ? `done, written: ${state.output}` : "not done any more");
  if (state.done && state.clips > 1) location.href = $("queue").href;
}

function court(now, told = "") {
  state.court = now;
  if (now) hush();
  else say(told);
  draw();
}
const tellCourt = (corners) => act("corners", corners);

// ---- the frames to visit, of which those count that nobody said anything of

function visitNext() {
  const isOpen = (frame) => !state.corrected.has(frame);
  let next = state.to_visit.findIndex((frame, place) => place > visited && isOpen(frame));
  const anew = next < 0;
  if (anew) next = state.to_visit.findIndex(isOpen);
  if (next < 0) return say("no frame is left to look at");
  visited = next;
  show(state.to_visit[next]);
  if (anew) say("from the first again");
}

function visitBefore() {
  if (visited > 0) return show(state.to_visit[--visited]);
  if (visited === 0) show(state.to_visit[0]);
  say("this was the first");
}

// ---- keys

const leap = (seconds) => show(frameAt(state.times, state.times[state.wanted] + seconds));
const MOVES = {
  Home: () => show(0),
  End: () => show(state.frames - 1),
  PageUp: () => leap(-LEAP),
  PageDown: () => leap(LEAP),
  d: visitNext,
  D: visitBefore,
  "?": () => $("keys").showModal(),
  " ": play,
};
const KEYS = {
  n: remove,
  Enter: () => withBall((one) => one),
  v: () => withBall((one) => ({ ...one, visibility: (one.visibility % 3) + 1 })),
  e: () => change((one) => [withEvent(state, one)]),
  i: fill,
  c: () => court(beginCourt(state.size)),
  u: undo,
  s: save,
};
const WITH_CTRL = { z: undo, y: redo, Z: redo, Enter: finish };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function meaningOf(event) {
  const ctrl = event.ctrlKey || event.metaKey;
  const [dx, dy] = ARROWS[event.key] || [];
  const step = event.shiftKey || ctrl ? 10 : 1;
  if (dx && !event.altKey) return () => show(state.wanted + dx * step);
  if (!ctrl && MOVES[event.key]) return MOVES[event.key];
  if (state.court) return undefined; // other keys only move
  const moves = event.altKey && dx !== undefined;
  const does = moves ? () => nudge(dx * step, dy * step) : (ctrl ? WITH_CTRL : KEYS)[event.key];
  return does && state.playing ? pause : does; // what plays is only stopped
}

function isForCourt(event) {
  if (!state.court) return false;
  const now = event.key === "Escape" ? null : keyOfCourt(state.court, event, tellCourt);
  if (now !== undefined) court(now, event.key === "Escape" ? "court: left as it was" : "");
  return now !== undefined;
}

// What buttons, links and boxes understand themselves.
function isForControl({ key, ctrlKey, target }) {
  const own = { " ": "button, input", Enter: "button, a" }[key];
  return own && !ctrlKey && target.matches(own);
}

function onKey(event) {
  if ($("keys").open || isForControl(event)) return;
  if (isForCourt(event)) return event.preventDefault();
  const does = meaningOf(event);
  if (!does) return;
  event.preventDefault();
  if (event.repeat && state.wanted !== state.frame) return; // what is held waits for the picture
  if (state.playing && ![play, pause].includes(does)) pause();
  does();
}

// ---- mouse and buttons

function listenToPresses(canvas, place) {
  const isHeld = (event) => state.hold && canvas.hasPointerCapture(event.pointerId);
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || !settle()) return;
    const [x, y] = place(event);
    if (state.court) return court(takeCorner(state.court, [x, y], tellCourt));
    const one = rowOf(state, state.frame);
    const far = one.x === null ? Infinity : Math.hypot(one.x - x, one.y - y);
    const [edge] = place({ clientX: event.clientX + REACH, clientY: event.clientY });
    const taken = canvas === view && far < edge - x; // hold of the ball
    const offset = taken ? [one.x - x, one.y - y] : [0, 0];
    const from = [event.clientX, event.clientY];
    state.hold = { place: [x + offset[0], y + offset[1]], offset, clicked: [x, y], from };
    canvas.setPointerCapture(event.pointerId);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isHeld(event) || canvas !== view) return;
    const { from, offset } = state.hold;
    if (Math.hypot(event.clientX - from[0], event.clientY - from[1]) <= 2) return;
    const [x, y] = place(event);
    Object.assign(state.hold, { place: [x + offset[0], y + offset[1]], dragged: true });
    draw();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!isHeld(event)) return;
    const { dragged, place: held, clicked } = state.hold;
    state.hold = null;
    // A click is exact, a drag keeps its hold.
    changeAndGoOn((one) => placed(one, dragged ? held : clicked));
  });
  canvas.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    if (!state.court) remove();
  });
}

const focusView = () => view.focus({ preventScroll: true });
const PRESSED = { undo, redo, save, done: finish, help: MOVES["?"], play, doubtful: visitNext };

function listenToButtons() {
  for (const [id, does] of Object.entries(PRESSED)) {
    $(id).disabled = false;
    $(id).addEventListener("click", () => {
      if (state.playing && id !== "play") pause();
      does();
      if (id !== "help") focusView();
    });
  }
  $("keys").addEventListener("close", focusView);
  $("advance").checked = localStorage.advance === "yes";
  $("advance").addEventListener("change", () => {
    localStorage.advance = $("advance").checked ? "yes" : "no";
    focusView();
  });
  tell();
}

async function begin() {
  await refresh();
  state.cursor = state.size.map((side) => side / 2);
  const labels = state.labels && !state.blind ? ` – ${state.labels}` : "";
  $("title").textContent = $("title").title = `${state.video}${labels}`;
  document.title = state.video;
  $("queue").hidden = state.clips === 1;
  await show(0);
  document.addEventListener("keydown", onKey);
  listenToPresses(view, (event) => placeInView(view, state.size, event));
  listenToPresses(loupe, (event) => placeInLoupe(loupe, state.cursor, event));
  listenToButtons();
  timeline.addEventListener("pointerdown", (event) => {
    if (state.playing) pause();
    show(frameInTimeline(timeline, state, event));
  });
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  focusView();
  prepareVideo();
}

begin().catch((error) => {
  say(error.message, true);
  $("queue").hidden = false;
});
