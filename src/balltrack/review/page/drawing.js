// What is drawn: the frame with the ball's way, the enlarged ball, the timeline. Nothing is changed here.

import { drawCourt } from "./court.js";

const TRAIL = 8;
const LOUPE = 33; // pixels of the video that the enlarged picture shows
const NEAR = 50; // frames on either side in the timeline's lower strip
const SOURCES = ["none", "detected", "linked", "inpainted", "corrected"];
// On a picture colours must be seen on clay, grass and crowds, whatever the page's theme.
const ON_PICTURE = ["", "#ffeb00", "#78f0ff", "#ff5aff", "#5adc5a"];
const MARK = { 1: "hit", 2: "bounce" };

export const isSeen = (rows, frame) => rows.x[frame] !== null;
// What is said of a frame's hit or bounce, or else what the tracker found.
export const eventOf = (rows, frame) => (rows.status[frame] === -1 ? rows.found[frame] : rows.status[frame]);
export const sourceName = (rows, frame) => SOURCES[rows.source[frame]];

function fit(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  const wide = Math.max(1, Math.round(width * ratio));
  const high = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  return ratio;
}

// Where the picture lies in its canvas: scale, left and top, in pixels of the canvas.
export function placing(canvas, size) {
  const scale = Math.min(canvas.width / size[0], canvas.height / size[1]);
  return { scale, left: (canvas.width - size[0] * scale) / 2, top: (canvas.height - size[1] * scale) / 2 };
}

// A place of the page → of the video; the centre of the top-left pixel is 0, 0.
export function placeInView(canvas, size, event) {
  const box = canvas.getBoundingClientRect();
  const { scale, left, top } = placing(canvas, size);
  const x = ((event.clientX - box.left) * canvas.width) / box.width;
  const y = ((event.clientY - box.top) * canvas.height) / box.height;
  return [(x - left) / scale - 0.5, (y - top) / scale - 0.5];
}

export function placeInLoupe(canvas, centre, event) {
  const box = canvas.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * LOUPE;
  const y = ((event.clientY - box.top) / box.height) * LOUPE;
  return [Math.round(centre[0]) - (LOUPE - 1) / 2 + x - 0.5, Math.round(centre[1]) - (LOUPE - 1) / 2 + y - 0.5];
}

function ring(pen, x, y, radius, colour, dashed) {
  for (const [style, width] of [["#181818", 4.5], [colour, 2]]) {
    pen.beginPath();
    pen.setLineDash(dashed ? [radius / 2, radius / 2] : []);
    pen.strokeStyle = style;
    pen.lineWidth = width * (window.devicePixelRatio || 1);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  }
  pen.setLineDash([]);
}

export function drawView(canvas, state, picture, moved) {
  const ratio = fit(canvas);
  const pen = canvas.getContext("2d");
  const { rows, frame, size } = state;
  const { scale, left, top } = placing(canvas, size);
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) pen.drawImage(picture, left, top, size[0] * scale, size[1] * scale);
  const at = (x, y) => [left + (x + 0.5) * scale, top + (y + 0.5) * scale];
  for (let past = Math.max(0, frame - TRAIL); past < frame; past++) {
    if (!isSeen(rows, past) || rows.shot[past] !== rows.shot[frame]) continue;
    const next = past + 1;
    pen.globalAlpha = 0.15 + (0.75 * (past - frame + TRAIL)) / TRAIL;
    pen.strokeStyle = pen.fillStyle = ON_PICTURE[rows.source[past]];
    pen.lineWidth = 2 * ratio;
    pen.beginPath();
    pen.arc(...at(rows.x[past], rows.y[past]), 2 * ratio, 0, 2 * Math.PI);
    pen.fill();
    if (next < frame && isSeen(rows, next)) {
      pen.beginPath();
      pen.moveTo(...at(rows.x[past], rows.y[past]));
      pen.lineTo(...at(rows.x[next], rows.y[next]));
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
  drawCourt(pen, ratio, at, state.corners, state.court);
  const place = moved || (isSeen(rows, frame) ? [rows.x[frame], rows.y[frame]] : null);
  if (place) ring(pen, ...at(...place), 12 * ratio, ON_PICTURE[moved ? 4 : rows.source[frame]], rows.source[frame] === 3 && !moved);
  const mark = MARK[eventOf(rows, frame)];
  if (mark && place) {
    const [x, y] = at(...place);
    pen.font = `${14 * ratio}px system-ui, sans-serif`;
    pen.lineWidth = 3 * ratio;
    pen.strokeStyle = "#181818";
    pen.fillStyle = "#fff";
    pen.strokeText(mark, x + 16 * ratio, y + 5 * ratio);
    pen.fillText(mark, x + 16 * ratio, y + 5 * ratio);
  }
}

export function drawLoupe(canvas, picture, size, centre, place) {
  const pen = canvas.getContext("2d");
  const [left, top] = centre.map((value) => Math.round(value) - (LOUPE - 1) / 2);
  const scale = canvas.width / LOUPE;
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  const share = picture ? (picture.videoWidth || picture.naturalWidth) / size[0] : 1;
  if (picture) pen.drawImage(picture, left * share, top * share, LOUPE * share, LOUPE * share, 0, 0, canvas.width, canvas.height);
  if (!place) return;
  const [x, y] = [(place[0] - left + 0.5) * scale, (place[1] - top + 0.5) * scale];
  for (const [style, width] of [["#181818", 3], ["#fff", 1]]) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + dx * 8, y + dy * 8);
      pen.lineTo(x + dx * 26, y + dy * 26);
    }
    pen.stroke();
  }
}

// The frames that a column of a strip stands for.
function strips(state, canvas) {
  const last = state.frames - 1;
  const from = Math.max(0, Math.min(state.frame - NEAR, last - 2 * NEAR));
  const to = Math.min(last, Math.max(state.frame + NEAR, 2 * NEAR));
  const high = canvas.height / 2;
  return [
    { from: 0, to: last, top: 0, high: high - 4 },
    { from, to, top: high + 2, high: high - 4 },
  ];
}

export function frameInTimeline(canvas, state, event) {
  const box = canvas.getBoundingClientRect();
  const strip = strips(state, canvas)[event.clientY - box.top < box.height / 2 ? 0 : 1];
  const share = (event.clientX - box.left) / box.width;
  return Math.max(strip.from, Math.min(strip.to, Math.floor(strip.from + share * (strip.to - strip.from + 1))));
}

export function drawTimeline(canvas, state) {
  const ratio = fit(canvas);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(document.body);
  const colour = (name) => style.getPropertyValue(`--${name}`);
  const paint = Object.fromEntries([...SOURCES, "doubted", "now", "ink", "faint", "edge"].map((name) => [name, resolved(name)]));
  pen.clearRect(0, 0, canvas.width, canvas.height);
  for (const strip of strips(state, canvas)) drawStrip(pen, strip, state, paint, canvas.width, ratio);

  function resolved(name) {
    // light-dark() is understood by styles alone.
    probe.style.color = colour(name);
    return getComputedStyle(probe).color;
  }
}

const probe = document.createElement("span");
document.body.append(probe);

function drawStrip(pen, { from, to, top, high }, state, paint, width, ratio) {
  const { rows, corrected } = state;
  const wide = width / (to - from + 1);
  const body = high - 20 * ratio; // certainty; below it corrections, above it events
  const y = top + 12 * ratio;
  for (let column = 0; column < width; column += Math.max(1, Math.floor(wide))) {
    const first = Math.min(to, from + Math.floor(column / wide));
    const until = Math.max(first + 1, Math.min(to + 1, from + Math.floor((column + 1) / wide)));
    let [worst, kind, said] = [-1, 0, false];
    for (let frame = first; frame < until; frame++) {
      if (rows.doubt[frame] > worst) [worst, kind] = [rows.doubt[frame], rows.source[frame]];
      said = said || corrected.has(frame);
    }
    const left = Math.round((first - from) * wide);
    const span = Math.max(1, Math.ceil(wide - (wide > 4 ? 1 : 0)));
    const tall = kind ? Math.max(2, body * (1 - 0.75 * worst)) : body * 0.25;
    pen.fillStyle = kind === 1 && worst >= 0.4 ? paint.doubted : paint[SOURCES[kind]];
    pen.fillRect(left, y + body - tall, span, tall);
    pen.fillStyle = paint.corrected;
    if (said) pen.fillRect(left, y + body + 2 * ratio, span, 4 * ratio);
  }
  pen.fillStyle = paint.faint;
  for (let frame = Math.max(1, from); frame <= to; frame++) {
    const middle = (frame - from + 0.5) * wide;
    if (rows.shot[frame] !== rows.shot[frame - 1]) pen.fillRect((frame - from) * wide - ratio / 2, top, ratio, high);
    if (eventOf(rows, frame) < 1) continue;
    pen.fillStyle = paint.ink;
    pen.beginPath();
    if (eventOf(rows, frame) === 1) {
      pen.moveTo(middle, y - 2 * ratio);
      pen.lineTo(middle - 4 * ratio, y - 9 * ratio);
      pen.lineTo(middle + 4 * ratio, y - 9 * ratio);
    } else pen.arc(middle, y - 6 * ratio, 3.5 * ratio, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = paint.faint;
  }
  pen.fillStyle = paint.now;
  pen.fillRect((state.frame - from + 0.5) * wide - ratio, top, 2 * ratio, high);
}
