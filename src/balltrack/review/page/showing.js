// What is shown: a frame, its picture and all that is known of it, which change together.
import { asksFor } from "./court.js";
import { drawLoupe, drawView } from "./drawing.js";
import { eventOf, rowOf, sourceName } from "./rows.js";
import { $, GONE, ask, say } from "./talking.js";
import { drawTimeline } from "./timeline.js";

export const video = $("video");
const KEPT = 80; // pictures in memory
const CLASSES = ["no ball", "easy", "hard to see", "occluded"];
const EVENTS = { "-1": "nothing said", 0: "none", 1: "hit", 2: "bounce" };

// Beside what the server tells: the frame that is shown and the one that was asked for, where the
// ball was last, where it is held while the mouse is down, the court that is asked for.
export const state = { frame: 0, wanted: 0, cursor: [0, 0] };
Object.assign(state, { hold: null, court: null, playing: null });
const pictures = new Map(); // frame → promise of its picture
let picture = null; // what is on the canvas
let turn = 0; // how often a frame was asked for

export async function refresh() {
  const told = await ask("state");
  Object.assign(state, told, { corrected: new Set(told.corrected) });
}

// A message is of what was done last.
export const hush = () => say(state.court ? asksFor(state.court) : "");

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

async function whyNot(frame) {
  const server = await ask("playback").catch((error) => error);
  return server.message || `frame ${frame} cannot be decoded`;
}

// To a frame, as soon as its picture is there; until then all stays with the one before.
export async function show(frame) {
  hush();
  const mine = ++turn;
  const wanted = (state.wanted = Math.max(0, Math.min(state.frames - 1, frame)));
  document.body.dataset.shown = "";
  let [one, trouble] = [null, ""];
  try {
    one = await load(wanted);
  } catch {
    trouble = await whyNot(wanted);
  }
  if (mine !== turn) return; // another one was asked for
  if (trouble === GONE) return stay(), say(GONE, true);
  showPicture(wanted, one);
  if (trouble) say(trouble, true);
  document.body.dataset.shown = wanted;
  for (const near of [1, 2, 3, -1].map((step) => wanted + step)) {
    if (near >= 0 && near < state.frames) load(near);
  }
}

export function showPicture(frame, one) {
  Object.assign(state, { frame, hold: null });
  picture = one;
  draw();
}

// With the frame that is shown, whichever was asked for.
export function stay() {
  turn++;
  state.wanted = state.frame;
  document.body.dataset.shown = state.frame;
}

// Whether the picture is exactly that of the frame; of a video that plays it may be another.
export const isExact = () => picture !== video;

export function draw() {
  const one = rowOf(state, state.frame);
  const { court, hold } = state;
  const place = court ? court.at : hold ? hold.place : one.x === null ? null : [one.x, one.y];
  if (place) state.cursor = place;
  drawView($("view"), state, picture, hold && hold.place);
  drawLoupe($("loupe"), picture, state.size, state.cursor, place);
  drawTimeline($("timeline"), state);
  tell(one);
}

// In words, beside the picture.
export function tell(one = rowOf(state, state.frame)) {
  const { rows, corrected, frame } = state;
  $("frame").textContent = `${frame} of ${state.frames - 1}`;
  $("time").textContent = `${state.times[frame].toFixed(3)} s`;
  $("ball").textContent = one.x === null ? "none" : `${one.x.toFixed(1)}, ${one.y.toFixed(1)}`;
  const none = corrected.has(frame) ? "said to have none" : "–";
  const how = `${sourceName(rows, frame)}, ${rows.score[frame].toFixed(2)}`;
  $("source").textContent = one.x === null ? none : how;
  $("visibility").textContent = CLASSES[one.visibility];
  const event = eventOf(rows, frame);
  $("event").textContent = event === one.status ? EVENTS[event] : `${EVENTS[event]}, found`;
  $("undo").disabled = !state.undo;
  $("redo").disabled = !state.redo;
  $("done").textContent = state.done ? "Not done" : "Done";
  const open = state.to_visit.filter((each) => !corrected.has(each)).length;
  const left = `${open} ${open === 1 ? "frame" : "frames"} left to look at`;
  $("left").textContent = [$("left").dataset.video, left].filter(Boolean).join("; ");
  $("changed").textContent = state.kept ? `kept: ${state.kept}` : "nothing changed yet";
}
