// The timeline: certainty, gaps, cuts, events and corrections, of all frames and of those around.
import { fit } from "./drawing.js";
import { SOURCES, eventOf } from "./rows.js";

const NEAR = 50; // frames on either side in the lower strip

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
  const { from, to } = strips(state, canvas)[event.clientY - box.top < box.height / 2 ? 0 : 1];
  const share = (event.clientX - box.left) / box.width;
  return Math.max(from, Math.min(to, Math.floor(from + share * (to - from + 1))));
}

export function drawTimeline(canvas, state) {
  const ratio = fit(canvas);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(document.body);
  const colour = (name) => style.getPropertyValue(`--${name}`);
  const names = [...SOURCES, "doubted", "now", "ink", "faint"];
  const paint = Object.fromEntries(names.map((name) => [name, resolved(name)]));
  pen.clearRect(0, 0, canvas.width, canvas.height);
  for (const strip of strips(state, canvas)) {
    drawStrip(pen, strip, state, paint, canvas.width, ratio);
  }

  function resolved(name) {
    // light-dark() is understood by styles alone.
    probe.style.color = colour(name);
    return getComputedStyle(probe).color;
  }
}

const probe = document.createElement("span");
document.body.append(probe);

function drawStrip(pen, strip, state, paint, width, ratio) {
  const { from, to, top, high } = strip;
  const wide = width / (to - from + 1);
  drawBars(pen, strip, state, paint, width, ratio);
  drawCutsAndEvents(pen, strip, state, paint, wide, ratio);
  pen.fillStyle = paint.now;
  pen.fillRect((state.frame - from + 0.5) * wide - ratio, top, 2 * ratio, high);
}

// A bar a frame, or a column a pixel where many frames share one: the most doubtful of them.
function drawBars(pen, { from, to, top, high }, { rows, corrected }, paint, width, ratio) {
  const frames = to - from + 1;
  const apart = width > 4 * frames ? 1 : 0;
  const bars = apart ? frames : width;
  const body = high - 20 * ratio; // certainty; below it corrections, above it events
  const y = top + 12 * ratio;
  for (let bar = 0; bar < bars; bar++) {
    const first = from + Math.floor((bar * frames) / bars);
    const until = Math.max(first + 1, from + Math.floor(((bar + 1) * frames) / bars));
    let [worst, kind, said] = [-1, 0, false];
    for (let frame = first; frame < until; frame++) {
      if (rows.doubt[frame] > worst) [worst, kind] = [rows.doubt[frame], rows.source[frame]];
      said = said || corrected.has(frame);
    }
    const left = Math.round((bar * width) / bars);
    const span = Math.round(((bar + 1) * width) / bars) - left - apart;
    const tall = kind ? Math.max(2, body * (1 - 0.75 * worst)) : body * 0.25;
    pen.fillStyle = kind === 1 && worst >= 0.4 ? paint.doubted : paint[SOURCES[kind]];
    pen.fillRect(left, y + body - tall, span, tall);
    pen.fillStyle = paint.corrected;
    if (said) pen.fillRect(left, y + body + 2 * ratio, span, 4 * ratio);
  }
}

function drawCutsAndEvents(pen, { from, to, top, high }, { rows }, paint, wide, ratio) {
  const y = top + 12 * ratio;
  pen.fillStyle = paint.faint;
  for (let frame = Math.max(1, from); frame <= to; frame++) {
    const middle = (frame - from + 0.5) * wide;
    if (rows.shot[frame] !== rows.shot[frame - 1]) {
      pen.fillRect((frame - from) * wide - ratio / 2, top, ratio, high);
    }
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
}
