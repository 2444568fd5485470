// What is known of frames: a list a column and an entry a frame, as the server sends it.
export const SOURCES = ["none", "detected", "linked", "inpainted", "corrected"];
const NEXT = { "-1": 1, 0: 1, 1: 2, 2: 0 }; // what comes after an event

export const isSeen = (rows, frame) => rows.x[frame] !== null;
export const isFilled = (rows, frame) => rows.source[frame] === 3;
export const sourceName = (rows, frame) => SOURCES[rows.source[frame]];
// What is said of a frame's hit or bounce, or else what was found.
export function eventOf({ status, found }, frame) {
  return status[frame] === -1 ? found[frame] : status[frame];
}

// What a person says of a frame if they change nothing of it; what `i` filled in is nobody's word.
export function rowOf({ rows, corrected }, frame) {
  const told = ["x", "y", "visibility", "status"].map((name) => [name, rows[name][frame]]);
  const filled = corrected.has(frame) && isFilled(rows, frame);
  return { frame, ...Object.fromEntries(told), filled };
}

// The row with the ball at a place, to a hundredth of a pixel.
export function placed(one, place) {
  const [x, y] = place.map((value) => Math.round(value * 100) / 100);
  return { ...one, x, y, visibility: one.visibility || 1, filled: false };
}

// The row with another event: one that was found becomes one that is said, with the place where
// it was found if there is no ball in the frame.
export function withEvent({ rows, corrected, places }, one) {
  const found = rows.found[one.frame];
  if (one.status !== -1 || found < 1) return { ...one, status: NEXT[one.status] };
  const place = one.x === null && !corrected.has(one.frame) && places[one.frame];
  return place ? { ...placed(one, place), status: found, filled: true } : { ...one, status: found };
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
