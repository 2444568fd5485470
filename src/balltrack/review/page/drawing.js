// What is drawn of a frame: the picture with the ball's way, and the ball enlarged.
import { drawCourt } from "./court.js";
import { eventOf, isSeen } from "./rows.js";

const TRAIL = 8;
const LOUPE = 33; // pixels of the video that the enlarged picture shows
// On a picture colours must be seen on clay, grass and crowds, whatever the page's theme.
const ON_PICTURE = ["", "#ffeb00", "#78f0ff", "#ff5aff", "#5adc5a"];
const MARK = { 1: "hit", 2: "bounce" };

// The canvas as large as it is on the screen; how many of its pixels are one of the page.
export function fit(canvas) {
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
  const [wide, high] = size.map((side) => side * scale);
  return { scale, left: (canvas.width - wide) / 2, top: (canvas.height - high) / 2 };
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
  const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  const first = centre.map((value) => Math.round(value) - LOUPE / 2);
  return shares.map((share, axis) => first[axis] + share * LOUPE);
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

// Where the ball was just before.
function drawWay(pen, ratio, at, { rows, frame }) {
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
  drawWay(pen, ratio, at, state);
  drawCourt(pen, ratio, at, state.corners, state.court);
  const place = moved || (isSeen(rows, frame) ? [rows.x[frame], rows.y[frame]] : null);
  const source = moved ? 4 : rows.source[frame];
  if (place) ring(pen, ...at(...place), 12 * ratio, ON_PICTURE[source], source === 3);
  const mark = MARK[eventOf(rows, frame)];
  const marked = place || state.places[frame];
  if (mark && marked) drawMark(pen, ratio, mark, at(...marked));
}

function drawMark(pen, ratio, mark, [x, y]) {
  pen.font = `${14 * ratio}px system-ui, sans-serif`;
  pen.lineWidth = 3 * ratio;
  pen.strokeStyle = "#181818";
  pen.fillStyle = "#fff";
  pen.strokeText(mark, x + 16 * ratio, y + 5 * ratio);
  pen.fillText(mark, x + 16 * ratio, y + 5 * ratio);
}

export function drawLoupe(canvas, picture, size, centre, place) {
  const pen = canvas.getContext("2d");
  const [left, top] = centre.map((value) => Math.round(value) - (LOUPE - 1) / 2);
  const scale = canvas.width / LOUPE;
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  const share = picture ? (picture.videoWidth || picture.naturalWidth) / size[0] : 1;
  const part = [left, top, LOUPE, LOUPE].map((value) => value * share);
  if (picture) pen.drawImage(picture, ...part, 0, 0, canvas.width, canvas.height);
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
