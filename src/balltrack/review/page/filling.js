// The ball between two corrected frames, on a straight line.
import { isSeen } from "./drawing.js";
import { rowOf } from "./talking.js";

// The rows to be filled in around the frame that is shown; or in a sentence why there are none.
export function between({ corrected, rows, frame }) {
  const held = [...corrected].filter((one) => isSeen(rows, one) && rows.source[one] === 4).sort((a, b) => a - b);
  const before = held.filter((one) => one < frame).pop();
  const after = held.find((one) => one > frame) ?? (held.includes(frame) ? frame : undefined);
  if (before === undefined || after === undefined) return "put the ball right in a frame before and one after first";
  if (rows.shot[before] !== rows.shot[after]) return "there is a cut between the two corrected frames";
  const filled = [];
  for (let one = before + 1; one < after; one++) {
    const share = (one - before) / (after - before);
    const [x, y] = ["x", "y"].map((axis) => Math.round(100 * (rows[axis][before] + share * (rows[axis][after] - rows[axis][before]))) / 100);
    filled.push({ ...rowOf(rows, one), x, y, visibility: rows.visibility[one] || 1, filled: true });
  }
  return filled.length ? filled : "there is nothing between the two corrected frames";
}
