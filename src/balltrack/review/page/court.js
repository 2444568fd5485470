// Where the court is: its four corners, clicked or set by keys, one after the other.
const NAMES = ["near left", "near right", "far right", "far left"];
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function asksFor({ taken }) {
  const which = `the ${NAMES[taken.length]} corner of its outer lines (${taken.length + 1} of 4)`;
  return `court: ${which}: click it, or arrows and Enter; Esc leaves it`;
}

// Corners that are being asked for: those that are there, and where the next one would be.
export function beginCourt(size) {
  return { taken: [], at: size.map((side) => side / 2) };
}

// With one corner more; the last one is told on.
export function takeCorner(court, place, tell) {
  const taken = [...court.taken, place.map((value) => Math.round(value * 100) / 100)];
  if (taken.length < NAMES.length) return { taken, at: place };
  tell(taken);
  return null;
}

// What a key makes of it; undefined where the key means nothing here.
export function keyOfCourt(court, event, tell) {
  const arrow = STEPS[event.key];
  const step = event.shiftKey ? 10 : 1;
  if (arrow) return { ...court, at: court.at.map((value, axis) => value + arrow[axis] * step) };
  return event.key === "Enter" && !event.ctrlKey ? takeCorner(court, court.at, tell) : undefined;
}

export function drawCourt(pen, ratio, at, corners, court) {
  const places = court ? [...court.taken, court.at] : corners;
  if (!places) return;
  pen.globalAlpha = court ? 1 : 0.4; // a court that is known must not hide a ball on its lines
  for (const [style, width] of [["#181818", 4], ["#fff", 1.5]]) {
    pen.strokeStyle = style;
    pen.lineWidth = width * ratio;
    pen.beginPath();
    for (const place of places) pen.lineTo(...at(...place));
    if (!court) pen.closePath();
    pen.stroke();
    for (const place of places) {
      pen.beginPath();
      pen.arc(...at(...place), 4 * ratio, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
}
