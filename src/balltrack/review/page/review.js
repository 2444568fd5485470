// The page's behaviour: which frame is shown, what keys and mouse mean. The server keeps every change.
import { beginCourt, keyOfCourt, takeCorner } from "./court.js";
import { drawLoupe, drawTimeline, drawView, eventOf, frameInTimeline, isSeen, placeInLoupe, placeInView } from "./drawing.js";
import { between } from "./filling.js";
import { $, ask, facts, frameAt, placed, rowOf, say } from "./talking.js";

const [view, loupe, timeline, video] = ["view", "loupe", "timeline", "video"].map($);
const KEPT = 80; // pictures in memory
const LEAP = 10; // seconds
const NEXT = { "-1": 1, 0: 1, 1: 2, 2: 0 }; // what `e` makes of an event
const REACH = 14; // pixels of the screen within which a press takes hold of the ball

const state = { frame: 0, frames: 0, size: [1, 1], rows: null, corrected: new Set() };
const pictures = new Map(); // frame → promise of its picture
let picture = null; // what is on the canvas
let playing = false;
let ready = false; // whether the browser has a video to play
let hold = null; // while the mouse is down: where the ball is, and how far from the pointer
let cursor = [0, 0]; // where the ball was last
let visited = []; // doubtful frames that were gone to
let sending = Promise.resolve();

// ---- changes, one after the other; what depends on the one before is worked out after it

function act(action, body = null) {
  sending = sending.then(async () => {
    try {
      const sent = typeof body === "function" ? body() : body;
      if (sent === undefined) return false;
      take(await ask(action, sent));
      if (action === "save") say(`written: ${state.output}`);
      return true;
    } catch (error) {
      say(`not kept: ${error.message}`, true);
      return false;
    }
  });
  return sending;
}

function take(told) {
  for (const row of told.changed || []) {
    for (const name of ["x", "y", "score", "source", "visibility", "status", "doubt"]) state.rows[name][row.frame] = row[name];
    state.corrected[row.corrected ? "add" : "delete"](row.frame);
  }
  if (told.summary) Object.assign(state, { undo: told.undo, redo: told.redo, done: told.done, summary: told.summary, corners: told.corners });
  draw();
}

// What becomes of the row of the frame that is shown; nothing where there is nothing to be done.
function change(make) {
  const { frame } = state;
  say("");
  return act("change", () => {
    const made = make(row(frame));
    return made && [made];
  });
}

// ---- frames

function load(frame) {
  if (!pictures.has(frame)) {
    const one = new Image();
    one.src = `frame/${frame}.jpg`;
    pictures.set(frame, one.decode().then(() => one));
    pictures.get(frame).catch(() => pictures.delete(frame));
    if (pictures.size > KEPT) pictures.delete(pictures.keys().next().value);
  }
  return pictures.get(frame);
}

async function show(frame) {
  state.frame = Math.max(0, Math.min(state.frames - 1, frame));
  const wanted = state.frame;
  document.body.dataset.shown = "";
  try {
    const one = await load(wanted);
    if (wanted !== state.frame) return;
    picture = one;
  } catch {
    if (wanted !== state.frame) return;
    picture = null;
    say(`frame ${wanted} cannot be decoded`, true);
  }
  draw();
  document.body.dataset.shown = wanted;
  for (const near of [1, 2, 3, -1]) if (wanted + near >= 0 && wanted + near < state.frames) load(wanted + near);
}

function pause() {
  playing = false;
  video.pause();
  $("play").textContent = "Play";
  show(state.frame);
}

async function play() {
  if (playing) return pause();
  playing = true;
  $("play").textContent = "Pause";
  if (ready) {
    video.currentTime = state.times[state.frame] + 1e-3;
    await video.play();
    return follow();
  }
  while (playing && state.frame < state.frames - 1) await show(state.frame + 1); // until there is a video
  pause();
}

// With the time of the picture that is on the screen, where the browser tells.
function follow(_, told) {
  if (!playing) return;
  if (video.ended) return pause();
  state.frame = frameAt(state.times, told?.mediaTime ?? video.currentTime);
  picture = video;
  draw();
  (video.requestVideoFrameCallback ? (next) => video.requestVideoFrameCallback(next) : requestAnimationFrame)(follow);
}

async function prepareVideo() {
  try {
    const told = await ask("playback");
    if (told.failure) return say(`the video cannot be played, single frames can: ${told.failure}`, true);
    if (!told.ready) {
      const part = told.total ? `${Math.round((100 * told.done) / told.total)} %` : `${told.done} frames`;
      $("left").dataset.video = `preparing the video for this browser: ${part}`;
      facts(state);
      return setTimeout(prepareVideo, 1000);
    }
    $("left").dataset.video = "";
    video.src = "video";
    video.addEventListener("loadeddata", () => ((ready = true), facts(state)), { once: true });
    video.addEventListener("error", () => (ready = false));
    facts(state);
  } catch {
    say("the server does not answer; start balltrack review again: nothing is lost", true);
  }
}

// ---- what a person says

const row = (frame = state.frame) => rowOf(state.rows, frame);

async function changeAndGoOn(make) {
  const { frame } = state;
  if ((await change(make)) && $("advance").checked && state.frame === frame) show(frame + 1);
}

const remove = () => changeAndGoOn((one) => ({ ...one, x: null, y: null, visibility: 0 }));

function withBall(make) {
  change((one) => {
    if (one.x !== null) return make(one);
    return say("there is no ball in this frame: click where it is, or move it there by Alt and arrows", true);
  });
}

function nudge(dx, dy) {
  change((one) => placed(one, one.x === null ? [cursor[0] + dx, cursor[1] + dy] : [one.x + dx, one.y + dy]));
}

function fill() {
  const filled = between(state);
  return typeof filled === "string" ? say(filled, true) : act("change", filled);
}

function nextDoubtful(back) {
  if (back) {
    visited.pop();
    return visited.length ? show(visited[visited.length - 1]) : say("this was the first");
  }
  const next = state.doubtful.find((frame) => !state.corrected.has(frame) && !visited.includes(frame));
  if (next === undefined) return say("no doubtful frame is left");
  visited.push(next);
  return show(next);
}

async function finish() {
  if (!(await act("done", () => !state.done))) return;
  say(state.done ? `done, written: ${state.output}` : "not done any more");
  if (state.done && state.clips > 1) location.href = "../../page/queue.html";
}

function court(now) {
  state.court = now;
  draw();
}
const tellCourt = (corners) => act("corners", corners);

// ---- what is shown
function draw() {
  if (!state.rows) return;
  const one = row();
  const place = state.court ? state.court.at : hold ? hold.place : one.x === null ? null : [one.x, one.y];
  if (place) cursor = place;
  drawView(view, state, picture, hold && hold.place);
  drawLoupe(loupe, picture, state.size, cursor, place);
  drawTimeline(timeline, state);
  facts(state);
}

// ---- keys and mouse

const KEYS = {
  Home: () => show(0),
  End: () => show(state.frames - 1),
  PageUp: () => show(frameAt(state.times, state.times[state.frame] - LEAP)),
  PageDown: () => show(frameAt(state.times, state.times[state.frame] + LEAP)),
  d: () => nextDoubtful(false),
  D: () => nextDoubtful(true),
  n: remove,
  Enter: () => withBall((one) => one),
  v: () => withBall((one) => ({ ...one, visibility: (one.visibility % 3) + 1 })),
  e: () => change((one) => ({ ...one, status: NEXT[eventOf(state.rows, one.frame)] })),
  i: fill,
  c: () => court(beginCourt(state.size)),
  u: () => act("undo"),
  s: () => act("save"),
  "?": () => $("keys").showModal(),
  " ": play,
};
const WITH_CTRL = { z: () => act("undo"), y: () => act("redo"), Z: () => act("redo"), Enter: finish };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  const onControl = ["BUTTON", "INPUT"].includes(event.target.tagName) && [" ", "Enter"].includes(event.key);
  if ($("keys").open || !state.rows || (onControl && !event.ctrlKey)) return;
  const asked = state.court && keyOfCourt(state.court, event, tellCourt);
  if (state.court && asked !== undefined) return event.preventDefault(), court(asked);
  const ctrl = event.ctrlKey || event.metaKey;
  let does = ctrl ? WITH_CTRL[event.key] : KEYS[event.key];
  const arrow = ARROWS[event.key];
  if (arrow) {
    const step = event.shiftKey || ctrl ? 10 : 1;
    if (event.altKey) does = () => nudge(arrow[0] * step, arrow[1] * step);
    else if (arrow[0]) does = () => show(state.frame + arrow[0] * step);
  }
  if (!does) return;
  event.preventDefault();
  if (playing && event.key !== " ") pause();
  does();
});

function press(canvas, place) {
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || !state.rows) return;
    if (playing) pause();
    const [x, y] = place(event);
    if (state.court) return court(takeCorner(state.court, [x, y], tellCourt));
    const one = row();
    const far = one.x === null ? Infinity : Math.hypot(one.x - x, one.y - y);
    const [edge] = place({ clientX: event.clientX + REACH, clientY: event.clientY });
    const offset = canvas === view && far < edge - x ? [one.x - x, one.y - y] : [0, 0]; // take hold of the ball
    hold = { place: [x + offset[0], y + offset[1]], offset, clicked: [x, y], from: [event.clientX, event.clientY] };
    canvas.setPointerCapture(event.pointerId);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!hold || !canvas.hasPointerCapture(event.pointerId)) return;
    const moved = Math.hypot(event.clientX - hold.from[0], event.clientY - hold.from[1]) > 2;
    if (canvas === view && moved) {
      const [x, y] = place(event);
      hold = { ...hold, place: [x + hold.offset[0], y + hold.offset[1]], dragged: true };
      draw();
    }
  });
  canvas.addEventListener("pointerup", () => {
    if (!hold) return;
    const target = hold.dragged ? hold.place : hold.clicked; // a click is exact, a drag keeps its hold
    hold = null;
    changeAndGoOn((one) => placed(one, target));
  });
  canvas.addEventListener("contextmenu", (event) => (event.preventDefault(), state.court ? court(null) : remove()));
}
press(view, (event) => placeInView(view, state.size, event));
press(loupe, (event) => placeInLoupe(loupe, cursor, event));

timeline.addEventListener("pointerdown", (event) => {
  if (playing) pause();
  show(frameInTimeline(timeline, state, event));
});
const PRESSED = { undo: () => act("undo"), redo: () => act("redo"), save: () => act("save"), done: finish, help: () => $("keys").showModal(), play, doubtful: () => nextDoubtful(false) };
for (const [id, does] of Object.entries(PRESSED)) $(id).addEventListener("click", () => (does(), id === "help" || view.focus()));
window.addEventListener("resize", draw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

try {
  const told = await ask("state");
  Object.assign(state, told, { corrected: new Set(told.corrected) });
  cursor = state.size.map((side) => side / 2);
  $("title").textContent = `${told.video}${told.labels && !told.blind ? ` – ${told.labels}` : ""}`;
  document.title = told.video;
  $("advance").checked = localStorage.advance === "yes";
  $("advance").addEventListener("change", () => (localStorage.advance = $("advance").checked ? "yes" : "no"));
  view.focus();
  await show(0);
  prepareVideo();
} catch (error) {
  say(error.message, true);
}
